package number

func Percent(v float64) string { return Plain(v*100) + " %" }
