package conformance

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
)

// png is an image of one red point, in Base64.
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="

// wav is an eighth of a second of silence, 8 bits and 8,000 samples a second, in
// Base64.
func wav() string {
	const samples = 1000
	sound := []byte("RIFF")
	sound = binary.LittleEndian.AppendUint32(sound, 36+samples)
	sound = append(sound, "WAVEfmt "...)
	sound = binary.LittleEndian.AppendUint32(sound, 16)
	for _, n := range []uint16{1, 1} {
		sound = binary.LittleEndian.AppendUint16(sound, n)
	}
	for _, n := range []uint32{8000, 8000} {
		sound = binary.LittleEndian.AppendUint32(sound, n)
	}
	for _, n := range []uint16{1, 8} {
		sound = binary.LittleEndian.AppendUint16(sound, n)
	}
	sound = append(sound, "data"...)
	sound = binary.LittleEndian.AppendUint32(sound, samples)
	sound = append(sound, bytes.Repeat([]byte{0x80}, samples)...)
	return base64.StdEncoding.EncodeToString(sound)
}
