// Runs Azurite's queues; see run.mjs. The vendor's client may speak a newer version of the interface than Azurite knows.

import { run } from './run.mjs'

run('queue', '--skipApiVersionCheck')
