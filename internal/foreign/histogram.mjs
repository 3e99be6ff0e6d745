// node histogram.mjs: reads histograms by npm's hdr-histogram-js.
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import { obey, tell } from "./lines.mjs";

obey({
  read: ({ text }) => {
    const histogram = decodeFromCompressedBase64(text, 64);
    tell("histogram", {
      samples: histogram.totalCount,
      quantiles: {
        p50: histogram.getValueAtPercentile(50),
        p90: histogram.getValueAtPercentile(90),
        p99: histogram.getValueAtPercentile(99),
        p999: histogram.getValueAtPercentile(99.9),
        max: histogram.maxValue,
      },
    });
  },
});
