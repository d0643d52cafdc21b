package jsonschema

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Numbers as decimals, so that they are compared, and divided, as they are
// written: 0.3 is a multiple of 0.1, and an integer beyond what a double holds is
// not rounded. What has more digits than are kept is taken as the nearest double.

const (
	// shortest is up to how many digits an integer surely fits 64 bits.
	shortest = 18
	// mostDigits and mostPower bound what is kept exactly.
	mostDigits = 37
	mostPower  = 1000
)

type number struct {
	// whole is the value if small.
	whole int64
	small bool
	// The value otherwise: mantissa × 10^exponent, or near if there is no mantissa.
	mantissa *big.Int
	exponent int
	near     float64
}

// isPlain reports whether the text of a number is a short integer that is
// written as one.
func isPlain(text string) bool {
	return len(text) <= shortest && text != "-0" && !strings.ContainsAny(text, ".eE")
}

// numberOf is the number that a text of JSON spells.
func numberOf(text string) number {
	if len(text) <= shortest && !strings.ContainsAny(text, ".eE") {
		whole, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			return number{whole: whole, small: true}
		}
	}
	if n, ok := exactly(text); ok {
		return n
	}
	near, _ := strconv.ParseFloat(text, 64) // infinite beyond its range
	return number{near: near}
}

func exactly(text string) (number, bool) {
	digits, power := text, 0
	if e := strings.IndexAny(text, "eE"); e >= 0 {
		var err error
		if power, err = strconv.Atoi(text[e+1:]); err != nil || power <= -mostPower || power >= mostPower {
			return number{}, false
		}
		digits = text[:e]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	kept := strings.TrimRight(whole+fraction, "0")
	exponent := power - len(fraction) + len(whole) + len(fraction) - len(kept)
	if len(strings.TrimLeft(kept, "-0")) > mostDigits {
		return number{}, false
	}
	if kept == "" || kept == "-" {
		return number{small: true}, true
	}
	mantissa, ok := new(big.Int).SetString(kept, 10)
	return number{mantissa: mantissa, exponent: exponent}, ok
}

// exact is the number as mantissa and exponent; nil if it is only near.
func (n number) exact() (mantissa *big.Int, exponent int) {
	if n.small {
		return big.NewInt(n.whole), 0
	}
	return n.mantissa, n.exponent
}

func (n number) float() float64 {
	mantissa, exponent := n.exact()
	if mantissa == nil {
		return n.near
	}
	value, _ := strconv.ParseFloat(mantissa.String()+"e"+strconv.Itoa(exponent), 64)
	return value
}

// isInteger reports whether there is no fraction.
func (n number) isInteger() bool {
	switch {
	case n.small:
		return true
	case n.mantissa != nil:
		return n.exponent >= 0
	}
	return n.near == math.Trunc(n.near)
}

// integer is the integer that it is; nil if it is none or only near.
func (n number) integer() *big.Int {
	mantissa, exponent := n.exact()
	if mantissa == nil || exponent < 0 {
		return nil
	}
	return raised(mantissa, exponent)
}

// raised is mantissa × 10^power.
func raised(mantissa *big.Int, power int) *big.Int {
	if power == 0 {
		return mantissa
	}
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(power)), nil)
	return ten.Mul(ten, mantissa)
}

// aligned are both mantissas under one power of ten; nil if one is only near.
func aligned(a, b number) (x, y *big.Int) {
	x, e := a.exact()
	y, f := b.exact()
	if x == nil || y == nil {
		return nil, nil
	}
	least := min(e, f)
	return raised(x, e-least), raised(y, f-least)
}

// compare is negative, 0 or positive, as for cmp.Compare.
func (n number) compare(other number) int {
	if n.small && other.small {
		switch {
		case n.whole < other.whole:
			return -1
		case n.whole > other.whole:
			return 1
		}
		return 0
	}
	if x, y := aligned(n, other); x != nil {
		return x.Cmp(y)
	}
	a, b := n.float(), other.float()
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// isMultipleOf expects another number than 0.
func (n number) isMultipleOf(other number) bool {
	if n.small && other.small {
		return n.whole%other.whole == 0
	}
	if x, y := aligned(n, other); x != nil {
		return new(big.Int).Rem(x, y).Sign() == 0
	}
	return math.Mod(n.float(), other.float()) == 0
}

// canonical is the text that equal numbers share.
func (n number) canonical() string {
	mantissa, exponent := n.exact()
	if mantissa == nil {
		return strconv.FormatFloat(n.near, 'g', -1, 64)
	}
	text := mantissa.String()
	kept := strings.TrimRight(text, "0")
	switch exponent += len(text) - len(kept); {
	case kept == "":
		return "0"
	case exponent == 0:
		return kept
	}
	return kept + "e" + strconv.Itoa(exponent)
}
