import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { listen } from '../../../../test/support/servers.ts'
import { isAcceptableAddress } from '../../src/authorization-server/address.ts'
import { boundedFetch, FetchError } from '../../src/authorization-server/bounded-fetch.ts'
import { discover, MetadataError, metadataUrls } from '../../src/authorization-server/metadata.ts'

/** Starts a server with a page for each path. A page is a status, HTML, JSON, or the headers of a response with status 403. */
async function createServer(pages: (url: string) => Record<string, unknown>) {
  const requested: string[] = []
  const server = closing(
    await listen((req, res) => {
      requested.push(req.url!)
      const page = pages(server.url)[req.url!] ?? 404
      if (typeof page === 'number') return void res.writeHead(page).end()
      if (page instanceof Headers) return void res.writeHead(403, Object.fromEntries(page)).end()
      const html = typeof page === 'string'
      res.setHeader('content-type', html ? 'text/html' : 'application/json')
      res.end(html ? page : JSON.stringify(page))
    }),
  )
  const get = boundedFetch(globalThis.fetch)
  const { signal } = new AbortController()
  return {
    url: server.url,
    requested,
    discover: (issuer: string) =>
      discover(issuer, metadataUrls(issuer), {
        endpoint: 'jwks_uri',
        get: async (url) => (await get(url, signal)).document,
        isAcceptable: (url) => isAcceptableAddress(url, []),
      }),
  }
}

const OPENID = '/.well-known/openid-configuration'
const OAUTH = '/.well-known/oauth-authorization-server'

describe('discover', () => {
  it('8414-20: metadataUrls returns the URLs of OpenID Connect and RFC 8414 in a fixed order', () => {
    expect(metadataUrls('https://as.example.com')).toEqual([
      `https://as.example.com${OPENID}`,
      `https://as.example.com${OAUTH}`,
      `https://as.example.com${OPENID}/`,
    ])
    expect(metadataUrls('https://as.example.com/')).toEqual(metadataUrls('https://as.example.com'))
    expect(metadataUrls('https://as.example.com/tenant/one')).toEqual([
      `https://as.example.com/tenant/one${OPENID}`,
      `https://as.example.com${OAUTH}/tenant/one`,
      `https://as.example.com${OPENID}/tenant/one`,
      `https://as.example.com/tenant/one${OPENID}/`,
    ])
  })

  it.each([OPENID, OAUTH, `${OPENID}/`])(
    '8414-24: discover finds the metadata at %s, and ignores its unknown members',
    async (place) => {
      const server = await createServer((url) => ({
        [place]: { issuer: url, jwks_uri: `${url}/jwks`, unknown_member: true },
      }))
      expect(await server.discover(server.url)).toMatchObject({ endpoint: `${server.url}/jwks` })
    },
  )

  it('8414-20: discover finds the metadata of an issuer with a path at each URL of metadataUrls', async () => {
    for (const place of [`/t1${OPENID}`, `${OAUTH}/t1`, `${OPENID}/t1`, `/t1${OPENID}/`]) {
      const server = await createServer((url) => ({
        [place]: { issuer: `${url}/t1`, jwks_uri: `${url}/t1/jwks` },
      }))
      expect(await server.discover(`${server.url}/t1`)).toMatchObject({
        endpoint: `${server.url}/t1/jwks`,
      })
    }
  })

  it('8414-21, 8414-24: discover rejects a document whose issuer is not exactly the configured issuer', async () => {
    for (const toOtherIssuer of [
      (url: string) => `${url}/`,
      (url: string) => url.toUpperCase(),
      (url: string) => `${url}/caf\u00e9`,
      () => 'https://evil.example.com',
      () => undefined,
    ]) {
      const server = await createServer((url) => ({
        [OPENID]: { issuer: toOtherIssuer(url), jwks_uri: `${url}/jwks` },
      }))
      await expect(server.discover(server.url)).rejects.toThrow(MetadataError)
      await expect(server.discover(server.url)).rejects.toMatchObject({
        failure: 'issuer_mismatch',
      })
    }
    const composed = await createServer((url) => ({
      [`/cafe%CC%81${OPENID}`]: { issuer: `${url}/caf\u00e9`, jwks_uri: `${url}/jwks` },
    }))
    await expect(composed.discover(`${composed.url}/cafe\u0301`)).rejects.toMatchObject({
      failure: 'issuer_mismatch',
    })
  })

  it('8414-23: discover continues after HTML, a redirect, status 404 or 403, and JSON that is not an object', async () => {
    for (const page of ['<html>', 301, 404, 403, []]) {
      const server = await createServer((url) => ({
        [OPENID]: page,
        [OAUTH]: { issuer: url, jwks_uri: `${url}/jwks` },
      }))
      expect(await server.discover(server.url)).toMatchObject({ endpoint: `${server.url}/jwks` })
    }
  })

  it('discover requests no other URL after status 500, 503 or 429', async () => {
    for (const status of [500, 503, 429]) {
      const server = await createServer(() => ({ [OPENID]: status }))
      await expect(server.discover(server.url)).rejects.toThrow(FetchError)
      expect(server.requested).toEqual([OPENID])
    }
  })

  it('the error of discover contains the first Retry-After if no URL has metadata', async () => {
    const withRetryAfter = (retryAfter: string) => new Headers({ 'retry-after': retryAfter })
    for (const pages of [
      { [OPENID]: withRetryAfter('7') },
      { [OAUTH]: withRetryAfter('7') },
      { [OPENID]: withRetryAfter('7'), [OAUTH]: withRetryAfter('9') },
    ]) {
      const server = await createServer(() => pages)
      await expect(server.discover(server.url)).rejects.toMatchObject({ retryAfter: '7' })
      expect(server.requested).toEqual([OPENID, OAUTH, `${OPENID}/`])
    }
  })

  it('8414-22: discover rejects a jwks_uri that is missing, is not an https address, or contains a password', async () => {
    for (const jwksUri of [
      'http://as.example.com/jwks',
      'http://10.0.0.1/jwks',
      'https://user:password@as.example.com/jwks',
      'file:///etc/passwd',
      'javascript:alert(1)',
      '/jwks',
      '',
      7,
      undefined,
    ]) {
      const server = await createServer((url) => ({
        [OPENID]: { issuer: url, jwks_uri: jwksUri },
      }))
      await expect(server.discover(server.url)).rejects.toMatchObject({ failure: 'jwks_uri' })
    }
  })

  it('8414-27: discover accepts a jwks_uri with an origin that is not the origin of the issuer', async () => {
    const server = await createServer((url) => ({
      [OPENID]: { issuer: url, jwks_uri: 'https://keys.example.com/jwks' },
    }))
    expect(await server.discover(server.url)).toMatchObject({
      endpoint: 'https://keys.example.com/jwks',
    })
  })
})
