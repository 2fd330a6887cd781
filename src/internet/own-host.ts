/** A name of the Python index (python.lab) for the warm-up's own requests, of which no list tells. */
export const ownPythonHost = "warm-up.python.lab";
