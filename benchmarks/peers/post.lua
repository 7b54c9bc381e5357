wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = '{"title":"Buy milk","body":"Two litres, the good one"}'
