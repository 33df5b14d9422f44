// Package pdf sets documents to print: A4, with headings, text, tables and bar
// charts, in a font that has the letters of all European languages.
package pdf

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"github.com/johnfercher/maroto/v2"
	"github.com/johnfercher/maroto/v2/pkg/components/col"
	"github.com/johnfercher/maroto/v2/pkg/components/image"
	"github.com/johnfercher/maroto/v2/pkg/components/row"
	"github.com/johnfercher/maroto/v2/pkg/components/text"
	"github.com/johnfercher/maroto/v2/pkg/config"
	"github.com/johnfercher/maroto/v2/pkg/consts/align"
	"github.com/johnfercher/maroto/v2/pkg/consts/border"
	"github.com/johnfercher/maroto/v2/pkg/consts/extension"
	"github.com/johnfercher/maroto/v2/pkg/consts/fontstyle"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/core/entity"
	"github.com/johnfercher/maroto/v2/pkg/props"
	"github.com/johnfercher/maroto/v2/pkg/repository"
)

// Measures of the page in millimetres, sizes of type in points.
const (
	margin      = 18
	grid        = 24 // units that the width is divided into
	titleSize   = 16
	headingSize = 11.5
	leadSize    = 11
	textSize    = 9
	tableSize   = 8.5
	headSize    = 7.5
	footSize    = 8
	leading     = 0.9 // between the lines of one text, in millimetres
	rowSpace    = 1.5 // above and below a row of a table
)

const family = "liberation"

// Color is what text or bars are drawn in, of 0 to 255 each.
type Color struct{ Red, Green, Blue int }

// The greys.
var (
	ink   = Color{0x1b, 0x22, 0x30}
	muted = Color{0x5b, 0x64, 0x73}
	rule  = Color{0xe4, 0xe7, 0xec}
)

func (c Color) prop() *props.Color { return &props.Color{Red: c.Red, Green: c.Green, Blue: c.Blue} }

// Document is a document that grows from top to bottom. Pages break by
// themselves.
type Document struct {
	m core.Maroto
}

// New begins a document with its title; foot stands on every page beside its
// number.
func New(title, foot string, made time.Time) (*Document, error) {
	fonts, err := fonts()
	if err != nil {
		return nil, err
	}
	c := config.NewBuilder().
		WithCustomFonts(fonts).
		WithDefaultFont(&props.Font{Family: family, Size: textSize, Color: ink.prop()}).
		WithLeftMargin(margin).WithRightMargin(margin).WithTopMargin(margin).WithBottomMargin(margin/2).
		WithMaxGridSize(grid).
		WithCompression(true).WithSequentialMode().
		WithTitle(plain(title), true).WithCreator("Sendvery", true).WithCreationDate(made).
		WithPageNumber(props.PageNumber{Pattern: "{current} / {total}", Place: props.RightBottom, Family: family, Size: footSize, Color: muted.prop()}).
		Build()
	d := &Document{m: maroto.New(c)}
	err = d.m.RegisterFooter(text.NewRow(9, plain(foot), props.Text{Size: footSize, Color: muted.prop(), Top: 5.5}))
	if err != nil {
		return nil, fmt.Errorf("foot of a document: %w", err)
	}
	d.line(title, props.Text{Size: titleSize, Style: fontstyle.Bold, VerticalPadding: leading})
	return d, nil
}

func fonts() ([]*entity.CustomFont, error) {
	fonts, err := repository.New().
		AddUTF8FontFromBytes(family, fontstyle.Normal, liberationsansregular.TTF).
		AddUTF8FontFromBytes(family, fontstyle.Bold, liberationsansbold.TTF).
		Load()
	if err != nil {
		return nil, fmt.Errorf("fonts of a document: %w", err)
	}
	return fonts, nil
}

// Lead adds the sentence that matters most.
func (d *Document) Lead(s string) {
	d.line(s, props.Text{Size: leadSize, Style: fontstyle.Bold, Top: 3, VerticalPadding: leading})
}

// Heading adds the heading of a part.
func (d *Document) Heading(s string) {
	const height = 14
	if !d.m.FitlnCurrentPage(height + 16) { // no heading at the foot of a page
		d.turn()
	}
	d.m.AddRow(height, text.NewCol(grid, plain(s), props.Text{Size: headingSize, Style: fontstyle.Bold, Top: 7}))
}

// Text adds a paragraph.
func (d *Document) Text(s string) {
	d.line(s, props.Text{Size: textSize, Top: 1.5, VerticalPadding: leading})
}

// Muted adds a paragraph that steps back.
func (d *Document) Muted(s string) {
	d.line(s, props.Text{Size: textSize, Top: 1.5, Color: muted.prop(), VerticalPadding: leading})
}

func (d *Document) line(s string, p props.Text) { d.m.AddAutoRow(text.NewCol(grid, plain(s), p)) }

// turn leaves the rest of the page empty.
func (d *Document) turn() {
	const line = 2
	for d.m.FitlnCurrentPage(line) {
		d.m.AddRows(row.New(line))
	}
}

// Column is one of a table.
type Column struct {
	Head  string
	Width int  // of 24, together
	Right bool // numbers stand at the right
}

// Cell is a place in a table.
type Cell struct {
	Text  string
	Color Color // zero = that of text
	Bold  bool
}

// Table adds a table. A row's texts are broken at spaces; a row is not broken
// over pages.
func (d *Document) Table(columns []Column, rows [][]Cell) {
	heads := make([]core.Col, len(columns))
	for i, c := range columns {
		heads[i] = text.NewCol(c.Width, plain(c.Head), c.prop(props.Text{Size: headSize, Style: fontstyle.Bold, Color: muted.prop(), Bottom: rowSpace}))
	}
	d.tableRow(heads)
	for _, cells := range rows {
		cols := make([]core.Col, len(columns))
		for i, cell := range cells {
			p := props.Text{Size: tableSize, Top: rowSpace, Bottom: rowSpace, VerticalPadding: leading}
			if cell.Color != (Color{}) {
				p.Color = cell.Color.prop()
			}
			if cell.Bold {
				p.Style = fontstyle.Bold
			}
			cols[i] = text.NewCol(columns[i].Width, plain(cell.Text), columns[i].prop(p))
		}
		d.tableRow(cols)
	}
}

func (d *Document) tableRow(cols []core.Col) {
	d.m.AddAutoRow(cols...).WithStyle(&props.Cell{BorderType: border.Bottom, BorderColor: rule.prop(), BorderThickness: 0.2})
}

// prop keeps the text away from its neighbour's.
func (c Column) prop(p props.Text) props.Text {
	p.Right = 3
	if c.Right {
		p.Align = align.Right
	}
	return p
}

// Bars adds a chart over the whole width.
func (d *Document) Bars(b Bars) error {
	png, err := b.PNG()
	if err != nil {
		return err
	}
	const height = 68
	d.m.AddRow(height, col.New(grid).Add(image.NewFromBytes(png, extension.Png, props.Rect{Percent: 100})))
	return nil
}

// Bytes returns the document.
func (d *Document) Bytes() ([]byte, error) {
	made, err := d.m.Generate()
	if err != nil {
		return nil, fmt.Errorf("set a document: %w", err)
	}
	return made.GetBytes(), nil
}

// plain replaces what the fonts have no sign for: beyond the first plane they
// end, and what is no text would be looked for there.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u202f':
			return '\u00a0'
		case r > 0xffff, r == utf8.RuneError:
			return '□'
		}
		return r
	}, s)
}
