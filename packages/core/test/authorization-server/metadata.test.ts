import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { listen } from '../../../../test/support/servers.ts'
import { isAcceptableAddress } from '../../src/authorization-server/address.ts'
import { boundedFetch, FetchError } from '../../src/authorization-server/bounded-fetch.ts'
import { discover, MetadataError, metadataUrls } from '../../src/authorization-server/metadata.ts'

/** A server that answers each path with what is given for it: a status, the headers of a 403, a text of HTML, or a
 * document. */
async function authorizationServer(pages: (url: string) => Record<string, unknown>) {
  const asked: string[] = []
  const server = closing(
    await listen((req, res) => {
      asked.push(req.url!)
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
    asked,
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

describe('discovery', () => {
  it('8414-20: asks the places of OpenID Connect and RFC 8414 in a fixed order', () => {
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

  it.each([OPENID, OAUTH, `${OPENID}/`])('takes the document at %s', async (place) => {
    const server = await authorizationServer((url) => ({
      [place]: { issuer: url, jwks_uri: `${url}/jwks`, unknown_member: true },
    }))
    expect(await server.discover(server.url)).toMatchObject({ endpoint: `${server.url}/jwks` })
  })

  it('8414-20: finds an issuer with a path at each of its places', async () => {
    for (const place of [`/t1${OPENID}`, `${OAUTH}/t1`, `${OPENID}/t1`]) {
      const server = await authorizationServer((url) => ({
        [place]: { issuer: `${url}/t1`, jwks_uri: `${url}/t1/jwks` },
      }))
      expect(await server.discover(`${server.url}/t1`)).toMatchObject({
        endpoint: `${server.url}/t1/jwks`,
      })
    }
  })

  it('8414-21, 8414-24: uses no document whose issuer differs by so much as a byte', async () => {
    for (const spoil of [
      (url: string) => `${url}/`,
      (url: string) => url.toUpperCase(),
      (url: string) => `${url}/caf\u00e9`,
      () => 'https://evil.example.com',
      () => undefined,
    ]) {
      const server = await authorizationServer((url) => ({
        [OPENID]: { issuer: spoil(url), jwks_uri: `${url}/jwks` },
      }))
      await expect(server.discover(server.url)).rejects.toThrow(MetadataError)
      await expect(server.discover(server.url)).rejects.toMatchObject({
        failure: 'issuer_mismatch',
      })
    }
    const composed = await authorizationServer((url) => ({
      [`/cafe%CC%81${OPENID}`]: { issuer: `${url}/caf\u00e9`, jwks_uri: `${url}/jwks` },
    }))
    await expect(composed.discover(`${composed.url}/cafe\u0301`)).rejects.toMatchObject({
      failure: 'issuer_mismatch',
    })
  })

  it('8414-23: passes over a page of HTML, a redirect, an absence and a document that is no JSON', async () => {
    for (const page of ['<html>', 301, 404, 403, []]) {
      const server = await authorizationServer((url) => ({
        [OPENID]: page,
        [OAUTH]: { issuer: url, jwks_uri: `${url}/jwks` },
      }))
      expect(await server.discover(server.url)).toMatchObject({ endpoint: `${server.url}/jwks` })
    }
  })

  it('ends the search where the server fails, instead of asking on', async () => {
    for (const status of [500, 503, 429]) {
      const server = await authorizationServer(() => ({ [OPENID]: status }))
      await expect(server.discover(server.url)).rejects.toThrow(FetchError)
      expect(server.asked).toEqual([OPENID])
    }
  })

  it('that finds nothing carries on a pause that one of the places has asked for, the first if there are more', async () => {
    const asking = (retryAfter: string) => new Headers({ 'retry-after': retryAfter })
    for (const pages of [
      { [OPENID]: asking('7') },
      { [OAUTH]: asking('7') },
      { [OPENID]: asking('7'), [OAUTH]: asking('9') },
    ]) {
      const server = await authorizationServer(() => pages)
      await expect(server.discover(server.url)).rejects.toMatchObject({ retryAfter: '7' })
      expect(server.asked).toEqual([OPENID, OAUTH, `${OPENID}/`])
    }
  })

  it('8414-22: takes no jwks_uri that is not https, or that carries credentials', async () => {
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
      const server = await authorizationServer((url) => ({
        [OPENID]: { issuer: url, jwks_uri: jwksUri },
      }))
      await expect(server.discover(server.url)).rejects.toMatchObject({ failure: 'jwks_uri' })
    }
  })

  it('8414-27: takes a jwks_uri of another origin', async () => {
    const server = await authorizationServer((url) => ({
      [OPENID]: { issuer: url, jwks_uri: 'https://keys.example.com/jwks' },
    }))
    expect(await server.discover(server.url)).toMatchObject({
      endpoint: 'https://keys.example.com/jwks',
    })
  })
})
