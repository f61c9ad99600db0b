/** Numbers as a range of texts: not before `from`, and before `below`. */
export interface NumberRange {
    from: string;
    below: string;
}

/** Every number: "+" and digits, which ":" comes behind. */
export const ALL_NUMBERS: NumberRange = { from: "+", below: ":" };
