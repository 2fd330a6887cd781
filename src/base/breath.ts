/** Lets the thread handle what has come up meanwhile; between the parts of long work, so that none of it holds the page up. */
export const breath = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));
