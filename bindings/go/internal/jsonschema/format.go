package jsonschema

import (
	"net/netip"
	"strings"
	"time"
)

// The formats of strings that are held, not only shown. All others are
// annotations.
// https://json-schema.org/draft/2020-12/json-schema-validation#section-7

type format struct {
	name string
	has  func(text string) bool
}

var formats = map[string]*format{
	"date":      {"date", isDate},
	"date-time": {"date-time", isDateTime},
	"email":     {"email", isEmail},
	"ipv4":      {"ipv4", isIPv4},
	"ipv6":      {"ipv6", isIPv6},
	"time":      {"time", isTime},
	"uri":       {"uri", isURI},
	"uuid":      {"uuid", isUUID},
}

// isDate holds days to the calendar: 2026-02-29 is none.
func isDate(text string) bool {
	// The layout alone would take a sign or fewer digits for a year.
	if len(text) != len(time.DateOnly) {
		return false
	}
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

func isDateTime(text string) bool {
	at := strings.IndexAny(text, "Tt")
	return at >= 0 && isDate(text[:at]) && isTime(text[at+1:])
}

// isTime is with an offset, as RFC 3339 has it. The sixtieth second is the last
// one of a day of UTC.
func isTime(text string) bool {
	if len(text) < 8 || text[2] != ':' || text[5] != ':' {
		return false
	}
	hour, minute, second := twoDigits(text[:2]), twoDigits(text[3:5]), twoDigits(text[6:8])
	rest := text[8:]
	if fraction, ok := strings.CutPrefix(rest, "."); ok {
		if rest = strings.TrimLeft(fraction, "0123456789"); len(rest) == len(fraction) {
			return false
		}
	}
	offset, ok := offsetOf(rest)
	if !ok || hour < 0 || minute < 0 || second < 0 {
		return false
	}
	const day = 24 * 60
	ofDay := (hour*60 + minute - offset + 2*day) % day
	return hour < 24 && minute < 60 && (second < 60 || (second == 60 && ofDay == day-1))
}

// offsetOf is in minutes.
func offsetOf(text string) (int, bool) {
	if text == "Z" || text == "z" {
		return 0, true
	}
	if len(text) != len("+00:00") || text[3] != ':' || (text[0] != '+' && text[0] != '-') {
		return 0, false
	}
	hours, minutes := twoDigits(text[1:3]), twoDigits(text[4:6])
	whole := hours*60 + minutes
	if text[0] == '-' {
		whole = -whole
	}
	return whole, hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60
}

// twoDigits is negative for anything else.
func twoDigits(text string) int {
	if !isDigit(text[0]) || !isDigit(text[1]) {
		return -1
	}
	return int(text[0]-'0')*10 + int(text[1]-'0')
}

// isEmail is an address as people have one: a dotted name, an @, and a host or
// an address in brackets. No comments, no quotes.
func isEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	if at < 0 || at > 64 {
		return false
	}
	for atom := range strings.SplitSeq(text[:at], ".") {
		if atom == "" || !allOf(atom, func(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0 }) {
			return false
		}
	}
	host := text[at+1:]
	if literal, ok := strings.CutPrefix(host, "["); ok {
		literal, ok = strings.CutSuffix(literal, "]")
		if address, isSixth := strings.CutPrefix(literal, "IPv6:"); isSixth {
			return ok && isIPv6(address)
		}
		return ok && isIPv4(literal)
	}
	return isHost(host)
}

func isHost(text string) bool {
	for label := range strings.SplitSeq(text, ".") {
		right := allOf(label, func(c byte) bool { return isAlphanumeric(c) || c == '-' })
		if !right || label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return len(text) <= 253
}

func isIPv4(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is4()
}

func isIPv6(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is6() && address.Zone() == ""
}

// isURI is with a scheme, in ASCII, as RFC 3986 has it.
func isURI(text string) bool {
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok || scheme == "" || !isLetter(scheme[0]) ||
		!allOf(scheme, func(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("+-.", c) >= 0 }) {
		return false
	}
	rest, fragment, _ := strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	host, path := "", rest
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		host, path = after, ""
		if at := strings.IndexByte(after, '/'); at >= 0 {
			host, path = after[:at], after[at:]
		}
	}
	return isAuthority(host) && isSpelled(path, ":@/") && isSpelled(query, ":@/?") && isSpelled(fragment, ":@/?")
}

func isAuthority(text string) bool {
	user, host := "", text
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		user, host = text[:at], text[at+1:]
	}
	port := ""
	if literal, ok := strings.CutPrefix(host, "["); ok {
		if literal, port, ok = strings.Cut(literal, "]"); !ok || !(isIPv6(literal) || isFuture(literal)) {
			return false
		}
		host = ""
	} else if at := strings.IndexByte(host, ':'); at >= 0 {
		host, port = host[:at], host[at:]
	}
	digits, ok := strings.CutPrefix(port, ":")
	return (port == "" || ok) && allOf(digits, isDigit) && isSpelled(user, ":") && isSpelled(host, "")
}

// isFuture is `v1.anything`, an address of a kind that is still to come.
func isFuture(text string) bool {
	version, rest, ok := strings.Cut(text, ".")
	return ok && len(version) > 1 && (version[0] == 'v' || version[0] == 'V') && allOf(version[1:], isHex) &&
		rest != "" && !strings.Contains(rest, "%") && isSpelled(rest, ":")
}

// isSpelled reports whether all stands for itself, or is percent-encoded.
func isSpelled(text, also string) bool {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '%':
			if i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2]) {
				return false
			}
			i += 2
		case !isAlphanumeric(c) && strings.IndexByte("-._~!$&'()*+,;=", c) < 0 && strings.IndexByte(also, c) < 0:
			return false
		}
	}
	return true
}

func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		switch i {
		case 8, 13, 18, 23:
			if text[i] != '-' {
				return false
			}
		default:
			if !isHex(text[i]) {
				return false
			}
		}
	}
	return true
}

func allOf(text string, is func(byte) bool) bool {
	for i := range len(text) {
		if !is(text[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isAlphanumeric(c byte) bool { return isDigit(c) || isLetter(c) }

func isHex(c byte) bool { return isDigit(c) || ('a' <= c|0x20 && c|0x20 <= 'f') }
