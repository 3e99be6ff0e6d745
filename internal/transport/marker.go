package transport

// Marker is the shape of a point in charts, which distinguishes transports
// without colours. Those that are drawn as an outline have "open" before the
// shape's name.
type Marker string

// The markers that charts and pages can draw.
const (
	Circle       Marker = "circle"
	OpenCircle   Marker = "open circle"
	Triangle     Marker = "triangle"
	OpenTriangle Marker = "open triangle"
	Downward     Marker = "downward"
	OpenDownward Marker = "open downward"
	Square       Marker = "square"
	OpenSquare   Marker = "open square"
	Diamond      Marker = "diamond"
	OpenDiamond  Marker = "open diamond"
	Cross        Marker = "cross"
	Plus         Marker = "plus"
	Pentagon     Marker = "pentagon"
	OpenPentagon Marker = "open pentagon"
)
