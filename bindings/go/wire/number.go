package wire

import (
	"math"
	"strconv"
)

// Int reads an integer, exactly; 2.0 is one.
func (d *Decoder) Int() int64 {
	n, _ := d.integer()
	return n
}

// IntFrom reads an integer that has a lower bound.
func (d *Decoder) IntFrom(low int64) int64 { return d.IntIn(low, math.MaxInt64) }

// IntTo reads an integer that has an upper bound.
func (d *Decoder) IntTo(high int64) int64 { return d.IntIn(math.MinInt64, high) }

// IntIn reads an integer between two bounds, both allowed.
func (d *Decoder) IntIn(low, high int64) int64 {
	n, at := d.integer()
	switch {
	case d.failed:
	case n < low:
		d.fail(at, "must be at least "+strconv.FormatInt(low, 10))
	case n > high:
		d.fail(at, "must be at most "+strconv.FormatInt(high, 10))
	}
	return n
}

// IntOrNumber reads any number, as an integer if it is one that fits.
func (d *Decoder) IntOrNumber() (integer int64, number float64, whole bool) {
	if kindOf(d.peek()) == KindNumber {
		if end, plain, ok := scanNumber(d.data, d.pos); ok {
			if n, fit := parseInteger(d.data[d.pos:end], plain); fit == exact {
				d.pos = end
				return n, 0, true
			}
		}
	}
	return 0, d.Number(), false
}

// ConstInt reads one fixed integer.
func (d *Decoder) ConstInt(want int64) {
	text := strconv.FormatInt(want, 10)
	if kindOf(d.peek()) != KindNumber {
		d.mismatch(text)
		return
	}
	at := d.pos
	end, plain, ok := scanNumber(d.data, at)
	if !ok {
		d.fail(end, invalidJSON)
		return
	}
	d.pos = end
	if n, fit := parseInteger(d.data[at:end], plain); fit != exact || n != want {
		d.fail(at, "expected "+text+", found another number")
	}
}

// Digits reads any number and returns its text, and whether it is an integer
// that is written as one.
func (d *Decoder) Digits() (text []byte, plain bool) {
	if kindOf(d.peek()) != KindNumber {
		d.mismatch("number")
		return nil, false
	}
	end, plain, ok := scanNumber(d.data, d.pos)
	if !ok {
		d.fail(end, invalidJSON)
		return nil, false
	}
	text = d.data[d.pos:end]
	d.pos = end
	return text, plain
}

func (d *Decoder) integer() (n int64, at int) {
	if kindOf(d.peek()) != KindNumber {
		d.mismatch("integer")
		return 0, d.pos
	}
	at = d.pos
	end, plain, ok := scanNumber(d.data, at)
	if !ok {
		d.fail(end, invalidJSON)
		return 0, at
	}
	d.pos = end
	n, fit := parseInteger(d.data[at:end], plain)
	switch fit {
	case fraction:
		d.fail(at, "expected integer, found number")
	case outOfRange:
		d.fail(at, integerRange)
	}
	return n, at
}

// Number reads any number. Integers are exact or refused, as everywhere.
func (d *Decoder) Number() float64 { return d.NumberIn(math.Inf(-1), math.Inf(1)) }

// NumberFrom reads a number that has a lower bound.
func (d *Decoder) NumberFrom(low float64) float64 { return d.NumberIn(low, math.Inf(1)) }

// NumberTo reads a number that has an upper bound.
func (d *Decoder) NumberTo(high float64) float64 { return d.NumberIn(math.Inf(-1), high) }

// NumberIn reads a number between two bounds, both allowed.
func (d *Decoder) NumberIn(low, high float64) float64 {
	if kindOf(d.peek()) != KindNumber {
		d.mismatch("number")
		return 0
	}
	at := d.pos
	end, plain, ok := scanNumber(d.data, at)
	if !ok {
		d.fail(end, invalidJSON)
		return 0
	}
	d.pos = end
	text := d.data[at:end]
	n, err := strconv.ParseFloat(string(text), 64)
	switch {
	case err != nil:
		d.fail(at, numberRange)
	case plain && !exactFloat(text, n):
		d.fail(at, integerRange)
	case n < low:
		d.fail(at, "must be at least "+string(appendNumber(nil, low)))
	case n > high:
		d.fail(at, "must be at most "+string(appendNumber(nil, high)))
	}
	return n
}

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
