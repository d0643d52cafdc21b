//! The smallest picture and the smallest sound.

/// One grey pixel.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
    \0\0\0\x0aIDAT\x78\x9c\x63\xa8\x07\0\0\x81\0\x80\xd3\x94\x53\x4a\0\0\0\0IEND\xae\x42\x60\x82";

/// Two samples of silence, at 8 kHz.
pub const WAV: &[u8] =
    b"RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x02\0\0\0\x80\x80";
