package number

func Deliveries(n int64) string {
	if n == 1 {
		return "1 delivery"
	}
	return Count.Format(float64(n)) + " deliveries"
}
