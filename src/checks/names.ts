/** The engine shows an image's id where its name has moved on to a newer one. */
export const isId = (name: string): boolean => /^(sha256:)?[0-9a-f]{12,64}$/.test(name);
