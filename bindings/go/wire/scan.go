package wire

import (
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// The scanner: where a JSON value ends, and whether it is one. It keeps no
// state, allocates nothing, and leaves it to its callers to check once that the
// text as a whole is UTF-8.

// status is how scanning ended.
type status uint8

const (
	sound  status = iota // a complete value, spelled as the encoder would
	loose                // a complete value, with spaces or escapes in it
	broken               // not JSON
	deep                 // nested deeper than allowed
)

// skipSpace returns the offset of the next byte that is not insignificant.
func skipSpace(data []byte, pos int) int {
	for pos < len(data) {
		switch data[pos] {
		case ' ', '\n', '\t', '\r':
			pos++
		default:
			return pos
		}
	}
	return pos
}

// Eight bytes at a time: a byte of all ones, of all high bits, and the marks
// searched for in strings.
const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	quotes = '"' * ones
	slants = '\\' * ones
	spaces = ' ' * ones
)

// plain returns the offset of the next quote, backslash or control character.
func plain[T string | []byte](s T, pos int) int {
	for pos+8 <= len(s) {
		x := uint64(s[pos]) | uint64(s[pos+1])<<8 | uint64(s[pos+2])<<16 | uint64(s[pos+3])<<24 |
			uint64(s[pos+4])<<32 | uint64(s[pos+5])<<40 | uint64(s[pos+6])<<48 | uint64(s[pos+7])<<56
		q, b := x^quotes, x^slants
		// Only the lowest hit of each term is sure to be one, and it is the one taken.
		if hit := ((x-spaces)&^x | (q-ones)&^q | (b-ones)&^b) & highs; hit != 0 {
			return pos + bits.TrailingZeros64(hit)/8
		}
		pos += 8
	}
	for pos < len(s) && s[pos] >= ' ' && s[pos] != '"' && s[pos] != '\\' {
		pos++
	}
	return pos
}

// scanString steps over the string whose opening quote is at pos. Escapes are
// checked; a surrogate without its other half is refused, since no UTF-8 text
// can hold it.
func scanString(data []byte, pos int) (end int, escaped, ok bool) {
	pos++
	for {
		pos = plain(data, pos)
		if pos >= len(data) || data[pos] < ' ' {
			return pos, escaped, false
		}
		if data[pos] == '"' {
			return pos + 1, escaped, true
		}
		escaped = true
		if pos, ok = scanEscape(data, pos); !ok {
			return pos, escaped, false
		}
	}
}

// scanEscape steps over the escape whose backslash is at pos.
func scanEscape(data []byte, pos int) (end int, ok bool) {
	if pos+1 >= len(data) {
		return pos, false
	}
	switch data[pos+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return pos + 2, true
	case 'u':
	default:
		return pos, false
	}
	r, ok := hex4(data, pos+2)
	if !ok {
		return pos, false
	}
	if !utf16.IsSurrogate(r) {
		return pos + 6, true
	}
	if pos+8 > len(data) || data[pos+6] != '\\' || data[pos+7] != 'u' {
		return pos, false
	}
	low, ok := hex4(data, pos+8)
	if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
		return pos, false
	}
	return pos + 12, true
}

// hex4 reads the four digits of a \u escape.
func hex4(data []byte, pos int) (r rune, ok bool) {
	if pos+4 > len(data) {
		return 0, false
	}
	for _, c := range data[pos : pos+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unquote returns the text of a string that scanString accepted, quotes left off.
func unquote(s []byte) string {
	return string(appendUnquoted(make([]byte, 0, len(s)), s))
}

func appendUnquoted(dst, s []byte) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			n := plain(s, i)
			dst = append(dst, s[i:n]...)
			i = n
			continue
		}
		c := s[i+1]
		i += 2
		switch c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, _ := hex4(s, i)
			i += 4
			if utf16.IsSurrogate(r) {
				low, _ := hex4(s, i+2)
				r = utf16.DecodeRune(r, low)
				i += 6
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// scanNumber steps over the number at pos and says whether it is written
// without fraction and exponent.
func scanNumber(data []byte, pos int) (end int, integer, ok bool) {
	at := func(pos int) byte {
		if pos < len(data) {
			return data[pos]
		}
		return 0
	}
	digits := func(pos int) int {
		for c := at(pos); '0' <= c && c <= '9'; c = at(pos) {
			pos++
		}
		return pos
	}
	if at(pos) == '-' {
		pos++
	}
	start := pos
	pos = digits(pos)
	if pos == start || (data[start] == '0' && pos > start+1) {
		return pos, false, false
	}
	integer = true
	if at(pos) == '.' {
		integer = false
		start = pos + 1
		if pos = digits(start); pos == start {
			return pos, false, false
		}
	}
	if c := at(pos); c == 'e' || c == 'E' {
		integer = false
		pos++
		if c := at(pos); c == '+' || c == '-' {
			pos++
		}
		start = pos
		if pos = digits(start); pos == start {
			return pos, false, false
		}
	}
	return pos, integer, true
}

// scanScalar steps over the string, number or literal at pos.
func scanScalar(data []byte, pos int) (end int, s status) {
	if pos >= len(data) {
		return pos, broken
	}
	word := ""
	switch data[pos] {
	case '"':
		end, escaped, ok := scanString(data, pos)
		switch {
		case !ok:
			return end, broken
		case escaped:
			return end, loose
		}
		return end, sound
	case 't':
		word = "true"
	case 'f':
		word = "false"
	case 'n':
		word = "null"
	default:
		if end, _, ok := scanNumber(data, pos); ok {
			return end, sound
		}
		return pos, broken
	}
	if end = pos + len(word); end > len(data) || string(data[pos:end]) != word {
		return pos, broken
	}
	return end, sound
}

// scanValue steps over the value at pos, which depth containers enclose; limit
// is how many may. Where it fails, end is the offset of what is wrong.
func scanValue(data []byte, pos, depth, limit int) (end int, s status) {
	if pos < len(data) && data[pos] != '{' && data[pos] != '[' {
		return scanScalar(data, pos)
	}
	var room [maxDepth]byte
	open := room[:0] // the containers that are open, by their brackets
	for {
		if pos >= len(data) {
			return pos, broken
		}
		c := data[pos]
		if c == '{' || c == '[' {
			if depth+len(open) >= limit {
				return pos, deep
			}
			open = append(open, c)
			pos = tight(data, pos+1, &s)
			if pos < len(data) && data[pos] == c+2 { // '}' is '{'+2, ']' is '['+2
				open = open[:len(open)-1]
				pos++
			} else {
				if c == '{' {
					if pos = scanName(data, pos, &s); s == broken {
						return pos, broken
					}
				}
				continue
			}
		} else {
			var one status
			if pos, one = scanScalar(data, pos); one == broken {
				return pos, broken
			}
			s = max(s, one)
		}
		// A value is complete; close what ends with it.
		for {
			if len(open) == 0 {
				return pos, s
			}
			pos = tight(data, pos, &s)
			if pos >= len(data) {
				return pos, broken
			}
			top := open[len(open)-1]
			if data[pos] == top+2 {
				open = open[:len(open)-1]
				pos++
				continue
			}
			if data[pos] != ',' {
				return pos, broken
			}
			pos = tight(data, pos+1, &s)
			if top == '{' {
				if pos = scanName(data, pos, &s); s == broken {
					return pos, broken
				}
			}
			break
		}
	}
}

// tight is skipSpace within a value, which spaces make a loose one.
func tight(data []byte, pos int, s *status) int {
	if pos < len(data) && data[pos] <= ' ' {
		*s = max(*s, loose)
		return skipSpace(data, pos)
	}
	return pos
}

// scanName steps over a member's name and its colon.
func scanName(data []byte, pos int, s *status) int {
	if pos >= len(data) || data[pos] != '"' {
		*s = broken
		return pos
	}
	end, escaped, ok := scanString(data, pos)
	if !ok {
		*s = broken
		return end
	}
	if escaped {
		*s = max(*s, loose)
	}
	end = tight(data, end, s)
	if end >= len(data) || data[end] != ':' {
		*s = broken
		return end
	}
	return tight(data, end+1, s)
}
