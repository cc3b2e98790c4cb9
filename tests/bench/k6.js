// What LeanHttpUser's benchmark does, for k6: every virtual user asks without pause.
import http from 'k6/http';

export default function () {
  http.get(`${__ENV.HOST}/`);
}

export function handleSummary(data) {
  const metrics = data.metrics;
  return {
    stdout: JSON.stringify({
      requests: metrics.http_reqs.values.count,
      failures: metrics.http_req_failed.values.passes,
      seconds: data.state.testRunDurationMs / 1000,
    }),
  };
}
