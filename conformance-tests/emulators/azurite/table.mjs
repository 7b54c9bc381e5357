// Runs Azurite's tables; see run.mjs.

import { run } from './run.mjs'

run('table')
