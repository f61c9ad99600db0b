/** Which PUBLISHes of QoS 1 may still be repeated by their publishers. */
export interface PublicationStore {
    /**
     * A publisher has connected. A message of a `publication` is known again when it is said again (`again`) on the connection on which it was
     * stored or on the next one, with the same publisher, packet id and content, within the hour, unless that packet id was used for another since.
     */
    came(publisher: string): Promise<void>;
    /** A publisher has its PUBACKs for what was accepted before then: it will not say that again. */
    knows(publisher: string, untilMs: number): Promise<void>;
}
