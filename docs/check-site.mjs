// Opens every page of the built site in a browser, and saves screenshots to .vitepress/screenshots. Fails if a page or the target
// of a link is missing, or if the console has an error. Also fails if a page is wider than a small telephone, or if the search
// finds nothing.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const SITE = fileURLToPath(new URL('.vitepress/dist', import.meta.url))
const SCREENSHOTS = fileURLToPath(new URL('.vitepress/screenshots', import.meta.url))
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser']
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
const SMALL = { width: 360, height: 740 }
const LARGE = { width: 1280, height: 900 }

const executablePath = process.env.BROWSER ?? BROWSERS.find((path) => existsSync(path))
if (executablePath === undefined) throw new Error('No Chromium found. Set BROWSER to its path.')

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://site').pathname)
  const file = join(SITE, path.endsWith('/') ? `${path}index.html` : path)
  if (!file.startsWith(SITE) || !existsSync(file)) return response.writeHead(404).end()
  return response
    .setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream')
    .end(readFileSync(file))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${server.address().port}`

// Inside a container, Chromium has no user namespace for its sandbox.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const problems = []
let current = '/'
const large = await openBrowserPage(LARGE)
// The small window is a separate browser page, because the sidebar moves when a window changes its size.
const small = await openBrowserPage(SMALL)

/** Addresses of all pages that were found, without fragments. Each page is opened once. */
const queue = ['/index.html']
const seen = new Set(queue)
/** Links with a fragment: the page that has the link, the page of the target, and the fragment. */
const fragments = []
/** Ids of the elements of each page. */
const ids = new Map()

for (current of queue) {
  const response = await large.goto(origin + current)
  if (!response.ok()) problems.push(`${current}: status ${response.status()}`)
  await large.waitForFunction(() => document.querySelector('#app')?.__vue_app__ !== undefined)
  const found = await large.evaluate(() => ({
    ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
    links: [...document.querySelectorAll('a[href]')].map(({ href }) => href),
    text: document.querySelector('main')?.innerText ?? '',
    all: document.body.innerText,
  }))
  ids.set(current, new Set(found.ids))
  if (found.text.length < 100) problems.push(`${current}: has no text`)
  if (found.all.includes('{{')) problems.push(`${current}: shows a template`)
  for (const href of found.links) {
    const url = new URL(href)
    if (url.origin !== origin) continue
    const path = url.pathname.endsWith('/') ? `${url.pathname}index.html` : url.pathname
    if (!seen.has(path)) queue.push(path)
    seen.add(path)
    if (url.hash) fragments.push([current, path, decodeURIComponent(url.hash.slice(1))])
  }
  // The API reference has one layout for all of its pages.
  if (current.startsWith('/api/') && current !== '/api/index.html') continue
  await small.goto(origin + current)
  const width = await small.evaluate(() => document.scrollingElement.scrollWidth)
  if (width > SMALL.width) problems.push(`${current}: ${width} px wide at ${SMALL.width} px`)
  await shoot(small, 'small')
  await shoot(large, 'large')
}
for (const [from, path, fragment] of fragments) {
  if (!ids.get(path)?.has(fragment)) problems.push(`${from}: no #${fragment} in ${path}`)
}

current = 'search'
await large.goto(`${origin}/index.html`)
await large.click('.DocSearch-Button')
await large.fill('#localsearch-input', 'keys_unavailable')
await large.waitForSelector('.result').catch(() => {
  problems.push('search: finds no page for keys_unavailable')
})

await browser.close()
server.close()
for (const problem of new Set(problems)) process.stderr.write(`${problem}\n`)
process.stdout.write(
  `${queue.length} pages, ${fragments.length} links to headings, ${problems.length} problems.\n`,
)
process.exitCode = problems.length === 0 ? 0 : 1

async function openBrowserPage(viewport) {
  const page = await browser.newPage({ viewport })
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${current}: console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`${current}: ${error.message}`))
  page.on('requestfailed', (request) => {
    // When the next page is opened, the browser stops the preloading of the current page.
    if (request.failure()?.errorText === 'net::ERR_ABORTED') return
    problems.push(`${current}: failed: ${request.url()}`)
  })
  return page
}

async function shoot(page, size) {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const name = current.slice(1).replaceAll('/', '-').replace('.html', '')
  await page.screenshot({ path: join(SCREENSHOTS, `${name}-${size}.png`) })
}
