export { decode } from './wire/decoder.js';
