/** The engine shows an image's id when a newer image has taken over its name. */
export const isId = (name: string): boolean => /^(sha256:)?[0-9a-f]{12,64}$/.test(name);
