/**
 * Things that Drydock itself makes in the student's engine to warm it up. They carry this label and stay out of every
 * list and event that the rest of the program sees; the student can see them only while they exist.
 */
export const ownLabel = "drydock.own";

export const isOwn = (labels: Readonly<Record<string, string>>): boolean => ownLabel in labels;
