package svg

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
)

// point is a place in tenths, from the upper left.
type point struct{ x, y int }

func tenths(v vg.Length) int { return int(math.Round(10 * v.Points())) }

// place is where a point of the canvas is drawn.
func (c *Canvas) place(at vg.Point) point {
	turned := c.turn * complex(at.X.Points(), at.Y.Points())
	return point{tenths(vg.Length(real(turned))), tenths(c.height) - tenths(vg.Length(imag(turned)))}
}

// number is tenths, written as short as it can be: 12, -3.4, .5.
func number(tenths int) string {
	s := strconv.FormatFloat(float64(tenths)/10, 'f', -1, 64)
	if strings.HasPrefix(s, "0.") || strings.HasPrefix(s, "-0.") {
		return strings.Replace(s, "0.", ".", 1)
	}
	return s
}

// pen writes the data of a path.
type pen struct {
	strings.Builder
	at, start point
	command   byte
}

// write adds a command and its numbers, with what separates them only where
// needed, and without the command where it is the same as before.
func (p *pen) write(command byte, tenths ...int) {
	if command != p.command || command == 'a' {
		p.WriteByte(command)
	}
	for i, t := range tenths {
		s := number(t)
		if (i > 0 || command == p.command && command != 'a') && s[0] != '-' {
			p.WriteByte(' ')
		}
		p.WriteString(s)
	}
	p.command = command
}

func (p *pen) line(to point) {
	dx, dy := to.x-p.at.x, to.y-p.at.y
	switch {
	case dx == 0 && dy == 0:
		return
	case dx == 0:
		p.write('v', dy)
	case dy == 0:
		p.write('h', dx)
	default:
		p.write('l', dx, dy)
	}
	p.at = to
}

// data is a path of lines and whole circles: charts have no others.
func (c *Canvas) data(path vg.Path) string {
	var p pen
	for _, part := range path {
		to := c.place(part.Pos)
		switch part.Type {
		case vg.MoveComp:
			p.at, p.start = to, to
			p.command = 0
			p.write('M', to.x, to.y)
		case vg.LineComp:
			p.line(to)
		case vg.ArcComp:
			r := tenths(part.Radius)
			p.line(point{to.x + r, to.y})
			p.write('a', r, r, 0, 10, 0, -2*r, 0)
			p.write('a', r, r, 0, 10, 0, 2*r, 0)
		case vg.CloseComp:
			p.write('z')
			p.at = p.start
		default:
			panic("svg: charts have no curves")
		}
	}
	return p.String()
}
