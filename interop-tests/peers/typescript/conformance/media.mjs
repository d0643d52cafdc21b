// An image of one red point, and an eighth of a second of silence.

/** As PNG, in Base64. */
export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

const SAMPLES = 1000;

/** As WAV, 8 bits and 8,000 samples a second, in Base64. */
export const WAV = (() => {
  const wave = Buffer.alloc(44 + SAMPLES, 0x80);
  wave.write('RIFF', 0);
  wave.writeUInt32LE(36 + SAMPLES, 4);
  wave.write('WAVEfmt ', 8);
  wave.writeUInt32LE(16, 16);
  wave.writeUInt16LE(1, 20);
  wave.writeUInt16LE(1, 22);
  wave.writeUInt32LE(8000, 24);
  wave.writeUInt32LE(8000, 28);
  wave.writeUInt16LE(1, 32);
  wave.writeUInt16LE(8, 34);
  wave.write('data', 36);
  wave.writeUInt32LE(SAMPLES, 40);
  return wave.toString('base64');
})();
