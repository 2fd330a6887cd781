/** A name of the Python index (python.lab) for the warm-up's own requests, which stay out of every list. */
export const ownPythonHost = "warm-up.python.lab";
