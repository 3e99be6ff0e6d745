// bookTransfers reports as `transferred` what the browser reports for each answer
// from a URL that is ours, from now on. It returns what ends that. `requests`
// has them counted as well, for requests that are made by somebody else's code.
export function bookTransfers(isOurs, onCost, { requests = false } = {}) {
  const begun = performance.now()
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      if (entry.startTime < begun || !isOurs(entry.name)) continue
      onCost({ ended: entry.responseEnd, transferred: entry.transferSize, ...(requests && { requests: 1 }) })
    }
    performance.clearResourceTimings() // nobody else wants them
  })
  observer.observe({ type: 'resource' })
  return () => observer.disconnect()
}
