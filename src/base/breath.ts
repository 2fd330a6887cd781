/**
 * Lets the thread handle whatever is waiting. Call it between the parts of long work, so that the page stays
 * responsive.
 */
export const breath = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));
