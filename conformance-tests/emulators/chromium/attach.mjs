// Attaches a file on a page in headless Chromium, as somebody who chooses it and presses the button, and prints what the
// page then says.
//
// Usage: attach.mjs URL FILE, or --version. Exits with 69 where Chromium or its client is not installed.

import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const NOT_INSTALLED = 69
const PATIENCE = 60_000

function stop(message) {
  console.error(message)
  process.exit(NOT_INSTALLED)
}

function client() {
  try {
    return require('playwright-core').chromium
  } catch {
    stop('playwright-core is not installed: npm ci --ignore-scripts in conformance-tests/emulators/chromium')
  }
}

function installed() {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return { name, version: execFileSync(name, ['--version', '--no-sandbox'], { stdio: 'pipe' }).toString().trim() }
    } catch {
      // It may have another name.
    }
  }
  stop('Chromium is not installed: apt-get install chromium')
}

async function attach(browser, url, file) {
  const page = await browser.newPage()
  page.setDefaultTimeout(PATIENCE)
  page.on('console', (message) => console.error(message.text()))
  await page.goto(url)
  await page.setInputFiles('input[type=file]', file)
  await page.click('button')
  const output = page.locator('output:not(:empty)')
  console.log(await output.textContent())
}

const driver = client()
const { name, version } = installed()
const [url, file] = process.argv.slice(2)
if (url === '--version') {
  console.log(version)
} else {
  const executablePath = execFileSync('which', [name]).toString().trim()
  // Tests run as root in containers, where the sandbox cannot be had; the page is the test's own.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu']
  const browser = await driver.launch({ executablePath, args })
  try {
    await attach(browser, url, file)
  } finally {
    await browser.close()
  }
}
