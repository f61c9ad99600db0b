import type { ClockStep } from "../clock.ts";

/** Housekeeping. */
export interface Upkeep {
    /** Forgets receipts, registrations and codes that ended before `beforeMs`, at most `limit`. @returns how many */
    forget(beforeMs: number, limit: number): Promise<number>;
    /** Moves stored moments with a clock that was set. Calls made before see the old moments, later ones the new. */
    followClock(step: ClockStep): Promise<void>;
    /** Octets on disk, its log included; those of them in use; the disk's free octets, where the system reports them; whether another file is in its place, or none. */
    size(): Promise<{ octets: number; heldOctets: number; freeOctets?: number; moved?: boolean }>;
}
