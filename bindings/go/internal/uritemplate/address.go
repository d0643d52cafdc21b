package uritemplate

import (
	"strings"
	"unicode/utf8"
)

// Addresses in the one spelling in which equal ones are equal: `café` and
// `caf%C3%A9` are one.
// https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2

const (
	// unreserved is what an address never needs to encode, besides letters and digits.
	unreserved = "-._~"
	// reserved is what it has without being encoded, and with another meaning if it is.
	reserved = ":/?#[]@!$&'()*+,;="
)

// IsSettled reports whether an address has one spelling only, as far as one look
// tells: nothing in it is encoded, and nothing would have to be.
func IsSettled(address string) bool {
	for i := range len(address) {
		if c := address[i]; c == '%' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Settled is an address as it is compared: what needs no encoding is decoded, what
// an address cannot have is encoded, in capitals. It is false if a `%` is followed
// by no two digits, or the address is no UTF-8.
func Settled(address string) (string, bool) {
	if !utf8.ValidString(address) {
		return "", false
	}
	settled := make([]byte, 0, len(address))
	for i := 0; i < len(address); i++ {
		c := address[i]
		if c == '%' {
			if i+2 >= len(address) || !isHex(address[i+1]) || !isHex(address[i+2]) {
				return "", false
			}
			decoded := unhex(address[i+1])<<4 | unhex(address[i+2])
			i += 2
			if isUnreserved(decoded) {
				settled = append(settled, decoded)
			} else {
				settled = appendEncoded(settled, decoded)
			}
			continue
		}
		if isUnreserved(c) || strings.IndexByte(reserved, c) >= 0 {
			settled = append(settled, c)
		} else {
			settled = appendEncoded(settled, c)
		}
	}
	return string(settled), true
}

func appendEncoded(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}

func isUnreserved(c byte) bool {
	return isLetter(c) || isDigit(c) || strings.IndexByte(unreserved, c) >= 0
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
