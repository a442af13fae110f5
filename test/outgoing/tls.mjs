import { createResourceServer } from '@bearward/core'

// Fetches keys with the default function and then with the global `fetch`. Prints the results.
const [, , jwksUri] = process.argv

function readKeys(more) {
  return new Promise((resolve) => {
    const server = createResourceServer({
      issuer: 'https://as.example.com',
      audience: 'https://api.example.com',
      jwksUri,
      onEvent: ({ detail }) => resolve(detail?.slice(jwksUri.length + 2) ?? 'keys'),
      ...more,
    })
    server.ready().catch(() => {})
  })
}

const byDefault = await readKeys()
const hasUndici = Symbol.for('undici.globalDispatcher.1') in globalThis
const byGlobalFetch = await readKeys({ fetch: (url, init) => fetch(url, init) })
process.stdout.write(JSON.stringify({ byDefault, hasUndici, byGlobalFetch }))
process.exit()
