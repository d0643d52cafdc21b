//! View: what several emitters need to know of the IR, decided once.
