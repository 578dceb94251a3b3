"""The settings file of product.md, without the sections that this version does not have yet."""

EXAMPLE = """\
[engine]
workers = "auto"              # scan worker processes
profile = "realtime"          # default for targets: realtime | batch
confirm_scans = 2

[profile.batch]
detect_every = "15m"
notify_every = "15m"
concurrency = 5

[fetch]
timeout = "20s"
domain_rate = "2/s"
domain_concurrency = 4
allow = ["10.20.0.0/16"]
ca_file = "/etc/ssl/own-ca.pem"
resolvers = []
resolve = { "shop.test" = "127.0.0.1:8443" }

[connectivity]
check = ["https://one.example/", "tcp://192.0.2.1:53"]

[retention]
samples = "90d"
samples_hourly = "400d"
system_metrics = "30d"
facts = "400d"
changes = "400d"
alerts = "400d"
documents = "90d"
audit = "400d"
jobs = "7d"

[[target]]
name = "Shop EU"
url = "https://shop-eu.example"
every = "1m"
tags = ["shop", "eu"]
class = "own"
scan = ["performance", "security", "technology", "content", "infrastructure"]
content = { select = "main", ignore = ["#clock", "/Visit [0-9a-f]+/"] }
thresholds = { total_ms = "20%", ttfb_ms = "25%" }
owner = "ops"
allow_private = false

[[target]]
name = "Competitor"
url = "https://competitor.example"
cron = "0 */6 * * *"
timezone = "UTC"
profile = "batch"
class = "competitor"

[[channel]]
name = "ops-mail"
type = "email"
smtp_host = "smtp.example"
smtp_port = 587
smtp_username = "alerts"
smtp_password = { secret = "smtp" }
use_tls = true
from_address = "vedette@example.com"
recipients = ["ops@example.com"]
template = "short"

[[channel]]
name = "ops-slack"
type = "slack"
webhook_url = { secret = "slack" }
channel = "#ops"
username = "Vedette"
icon_emoji = ":eyes:"

[[channel]]
name = "ops-hook"
type = "webhook"
url = "https://hooks.example/monitoring"
method = "POST"
headers = { X-Team = "ops" }
bearer = { secret = "hook-token" }
secret = { secret = "hook-hmac" }
allow_private = true

[[channel]]
name = "other-hook"
type = "webhook"
url = "https://hooks.example/other"
basic = { username = "me", password = { secret = "other" } }

[[rule]]
name = "Technology change"
when = "type:technology.* severity>=medium tag:shop"
severity = "medium"
notify = ["ops-slack"]
throttle = "60m"
enabled = true

[templates]
short = "{{ alert.rule }}"
"""
