// Runs Azurite's blobs; see run.mjs. The vendor's client speaks a newer version of the interface than Azurite knows.

import { run } from './run.mjs'

run('blob', '--skipApiVersionCheck')
