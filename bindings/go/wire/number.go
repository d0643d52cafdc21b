package wire

import (
	"math"
	"strconv"
)

// precision is how well a number fits an int64.
type precision uint8

const (
	exact precision = iota
	fraction
	outOfRange
)

// parseInteger reads the text of a number, which the scanner has accepted.
// Integers are exact within ±(2^63 − 1), whatever way they are written.
func parseInteger(text []byte, plain bool) (int64, precision) {
	if plain && len(text) < 19 {
		n, negative := int64(0), text[0] == '-'
		if negative {
			text = text[1:]
		}
		for _, c := range text {
			n = n*10 + int64(c-'0')
		}
		if negative {
			n = -n
		}
		return n, exact
	}
	digits, exponent, negative := decimal(text)
	switch {
	case len(digits) == 0:
		return 0, exact
	case exponent < 0:
		return 0, fraction
	case len(digits)+exponent > 19:
		return 0, outOfRange
	}
	n := uint64(0)
	for _, c := range digits {
		n = n*10 + uint64(c-'0')
	}
	for range exponent {
		n *= 10
	}
	if n > math.MaxInt64 {
		return 0, outOfRange
	}
	if negative {
		return -int64(n), exact
	}
	return int64(n), exact
}

// decimal takes a number apart: digits × 10^exponent, without zeros at either end.
func decimal(text []byte) (digits []byte, exponent int, negative bool) {
	// Far beyond any text that fits a message, and far from overflow.
	const saturated = 1 << 40
	if text[0] == '-' {
		negative = true
		text = text[1:]
	}
	point := false
	for i, c := range text {
		switch {
		case c == '.':
			point = true
		case c == 'e' || c == 'E':
			written, err := strconv.ParseInt(string(text[i+1:]), 10, 64)
			if err != nil || written > saturated || written < -saturated {
				written = saturated
				if text[i+1] == '-' {
					written = -saturated
				}
			}
			exponent += int(written)
			return trimZeros(digits, exponent, negative)
		default:
			if c != '0' || len(digits) > 0 {
				digits = append(digits, c)
			}
			if point {
				exponent--
			}
		}
	}
	return trimZeros(digits, exponent, negative)
}

func trimZeros(digits []byte, exponent int, negative bool) ([]byte, int, bool) {
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
		exponent++
	}
	return digits, exponent, negative
}

// exactFloat reports whether a float64 holds an integer exactly, given its text
// without fraction and exponent.
func exactFloat(text []byte, n float64) bool {
	const surelyExact = 15 // digits
	return len(text) <= surelyExact || string(strconv.AppendFloat(nil, n, 'f', -1, 64)) == string(text)
}

// AppendNumber appends a finite number as JSON.
func AppendNumber(dst []byte, n float64) []byte { return appendNumber(dst, n) }

// appendNumber appends a finite number the shortest way that reads back the
// same, in the spelling of ECMAScript.
func appendNumber(dst []byte, n float64) []byte {
	if n == 0 {
		return append(dst, '0')
	}
	format := byte('f')
	if size := math.Abs(n); size < 1e-6 || size >= 1e21 {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, n, format, -1, 64)
	// e-09 is spelled e-9.
	if tail := len(dst) - 4; format == 'e' && tail >= 0 && dst[tail] == 'e' && dst[tail+2] == '0' {
		dst[tail+2] = dst[tail+3]
		dst = dst[:len(dst)-1]
	}
	return dst
}
