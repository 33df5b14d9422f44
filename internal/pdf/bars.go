package pdf

import (
	"fmt"

	"github.com/go-analyze/charts"
)

// Bars is a chart of stacked bars.
type Bars struct {
	Labels []string // below the bars, as far as there is room
	Series []Series // from the bottom
	Number func(int64) string
}

// Series is one part of every bar.
type Series struct {
	Name   string
	Color  Color
	Values []int64
}

// The picture in pixels; it is drawn at a third of that, so that print is sharp.
const (
	barsWidth  = 1560
	barsHeight = 610
	axisSize   = 17
	axisLabels = 8
)

// PNG draws the chart on white.
func (b Bars) PNG() ([]byte, error) {
	values, names, colors := make([][]float64, len(b.Series)), make([]string, len(b.Series)), make([]charts.Color, len(b.Series))
	for i, s := range b.Series {
		names[i], colors[i] = s.Name, s.Color.chart()
		values[i] = make([]float64, len(s.Values))
		for j, v := range s.Values {
			values[i][j] = float64(v)
		}
	}
	theme := charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor: rule.chart(), AxisSplitLineColor: rule.chart(), BackgroundColor: charts.ColorWhite, TextColor: muted.chart(), SeriesColors: colors,
	})
	style := charts.FontStyle{FontSize: axisSize, FontColor: muted.chart()}
	number := func(f float64) string { return plain(b.Number(int64(f))) }
	opt := charts.NewBarChartOptionWithData(values)
	opt.Theme, opt.StackSeries, opt.ValueFormatter = theme, charts.Ptr(true), number
	opt.Padding = charts.Box{Top: 8, Right: 12, Bottom: 4, Left: 4}
	opt.XAxis = charts.XAxisOption{Labels: b.Labels, FontStyle: style, LabelCount: axisLabels, BoundaryGap: charts.Ptr(true)}
	opt.YAxis = []charts.YAxisOption{{
		FontStyle: style, LabelCount: steps + 1, Min: charts.Ptr(0.0), Max: charts.Ptr(float64(b.top())), ValueFormatter: number, RangeValuePaddingScale: charts.Ptr(0.0),
	}}
	opt.Legend = charts.LegendOption{SeriesNames: names, FontStyle: style, Symbol: charts.SymbolSquare, Offset: charts.OffsetStr{Left: "left"}}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: barsWidth, Height: barsHeight, Theme: theme})
	if err := p.BarChart(opt); err != nil {
		return nil, fmt.Errorf("draw bars: %w", err)
	}
	png, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("draw bars: %w", err)
	}
	return png, nil
}

// steps is how many parts the lines divide the height into.
const steps = 4

// top is where the axis ends: a round number, as all between are.
func (b Bars) top() int64 {
	var highest int64
	for i := range b.Labels {
		var sum int64
		for _, s := range b.Series {
			sum += s.Values[i]
		}
		highest = max(highest, sum)
	}
	for unit := int64(1); ; unit *= 10 {
		for _, round := range []int64{1, 2, 5} {
			if top := steps * round * unit; top >= highest {
				return top
			}
		}
	}
}

func (c Color) chart() charts.Color {
	return charts.Color{R: uint8(c.Red), G: uint8(c.Green), B: uint8(c.Blue), A: 255}
}
