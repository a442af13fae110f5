import type { Server } from 'node:http'
import { createServer } from 'node:https'
import { describe, expect, it } from 'vitest'
import { serverCertificate } from '../../../../../test/support/certificate.ts'
import {
  type Asked,
  introspectionServer,
  raw,
  type Script,
} from '../../../../../test/support/introspection-server.ts'
import { generateKey } from '../../../../../test/support/keys.ts'
import { listen } from '../../../../../test/support/servers.ts'
import { signCompact } from '../../../../../test/support/tokens.ts'
import { ACTIVE, closing, setup, SECRET } from './setup.ts'

const TOKEN = 'dGhlLW9wYXF1ZS10b2tlbg'

/** Answers with a status and an error response. */
const refusal =
  (status: number, members: object, headers: object = {}): Script =>
  ({ response }: Asked) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
    response.end(JSON.stringify(members))
  }

/** Returns `failure` and `detail` of the event, without the address. */
async function getFailure(script: Script, token = TOKEN): Promise<readonly [string, string]> {
  const { endpoint, judge, failed, events } = await setup(script)
  expect(await judge(token)).toBe('503 introspection_unavailable')
  expect(JSON.stringify(events)).not.toContain(token)
  const { failure, detail } = failed()[0]!
  const place = `${endpoint.url}/introspect: `
  expect(detail.startsWith(place)).toBe(true)
  return [failure, detail.slice(place.length)]
}

describe('the detail of introspection_failed', () => {
  it.each<[string, Script, string, string]>([
    [
      'the error code and the description of a status 401',
      refusal(401, { error: 'invalid_client', error_description: 'The credentials expired.' }),
      'credentials_refused',
      'status 401, invalid_client, The credentials expired.',
    ],
    [
      'the error code of a status 403',
      refusal(403, { error: 'access_denied' }),
      'credentials_refused',
      'status 403, access_denied',
    ],
    [
      'the error code of a status 400, and no description, which can show what is in the token',
      refusal(400, { error: 'invalid_request', error_description: 'user-ada is not signed in' }),
      'token_refused',
      'status 400, invalid_request',
    ],
    [
      'the description of a status 400 about the client',
      refusal(400, { error: 'unauthorized_client', error_description: 'may not introspect' }),
      'credentials_refused',
      'status 400, unauthorized_client, may not introspect',
    ],
    [
      'the status alone for a server that is down',
      refusal(503, { error: 'temporarily_unavailable' }),
      'status',
      'status 503',
    ],
    [
      'that an error code is not registered',
      refusal(403, { error: 'ALL_YOUR_BASE' }),
      'credentials_refused',
      'status 403, an error code that is not registered',
    ],
    [
      'the status of a page',
      ({ response }) => void response.writeHead(502, { 'Content-Type': 'text/html' }).end('<p>'),
      'status',
      'status 502',
    ],
    [
      'the content type that came, and the expected one',
      raw('<html>', 'Text/HTML; charset=utf-8'),
      'content_type',
      'content type text/html, application/json expected',
    ],
    [
      'that no content type came',
      ({ response }) => void response.writeHead(200).end('{}'),
      'content_type',
      'no content type, application/json expected',
    ],
    [
      'that a content type is unreadable',
      raw('', 'a'.repeat(100)),
      'content_type',
      'an unreadable content type, application/json expected',
    ],
  ])('contains %s', async (_case, script, failure, detail) => {
    expect(await getFailure(script)).toEqual([failure, detail])
  })

  it('names the content type of a signed response that was expected', async () => {
    const { judge, failed, endpoint } = await setup(ACTIVE, { introspection: { response: 'jwt' } })
    await judge(TOKEN)
    expect(failed()[0]!.detail).toBe(
      `${endpoint.url}/introspect: content type application/json, application/token-introspection+jwt expected`,
    )
  })

  it.each([400, 401, 403])(
    'contains no part of the token, the secret or the Basic value with status %i',
    async (status) => {
      const basic = btoa(`the-api:${SECRET}`)
      for (const secret of [TOKEN, SECRET, basic, TOKEN.slice(4, 10), basic.slice(7, 13)]) {
        for (const form of [secret, btoa(secret), Buffer.from(secret).toString('hex')]) {
          const script = refusal(status, {
            error: 'invalid_token',
            error_description: `"${form}"?`,
          })
          const [, detail] = await getFailure(script)
          expect(detail).toBe(`status ${status}, invalid_token`)
        }
      }
    },
  )

  it.each([
    ['the token', TOKEN],
    ['a part of the token in hex', Buffer.from(TOKEN.slice(3, 12)).toString('hex')],
    ['the secret', SECRET],
  ])('contains no member of a signed response that is %s', async (_case, typ) => {
    const { privateKey } = generateKey('ES256')
    const answer = signCompact({ alg: 'ES256', typ }, {}, 'ES256', privateKey)
    const { endpoint, judge, failed } = await setup(
      raw(answer, 'application/token-introspection+jwt'),
      { introspection: { response: 'jwt' } },
    )
    await judge(TOKEN)
    expect(failed()[0]).toMatchObject({
      failure: 'untrusted_answer',
      detail: `${endpoint.url}/introspect: the signed response repeats a part of the request, so its values are not shown`,
    })
  })

  it('contains no content type with a part of the token', async () => {
    const [, detail] = await getFailure(raw('', `text/${TOKEN}`))
    expect(detail).toBe('an unreadable content type, application/json expected')
  })

  it('contains no value of the query of the endpoint, and no part of it in a description', async () => {
    const server = closing(
      await introspectionServer(
        refusal(403, { error: 'access_denied', error_description: 'no key ALPHA-KEY-1' }),
      ),
    )
    const endpoint = `${server.url}/introspect?apikey=alpha-key-1`
    const { judge, failed } = await setup(403, { server, introspection: { endpoint } })
    await judge(TOKEN)
    expect(failed()[0]!.detail).toBe(`${server.url}/introspect: status 403, access_denied`)
  })
})

describe('the detail of an introspection endpoint that is unreachable', () => {
  const getDetail = async (endpoint: string) => {
    const { judge, failed } = await setup(ACTIVE, { introspection: { endpoint } })
    await judge(TOKEN)
    return failed()[0]!.detail
  }

  it('says that fetch does not call a port', async () => {
    expect(await getDetail('http://127.0.0.1:6000/introspect')).toBe(
      'http://127.0.0.1:6000/introspect: no response (bad port: fetch does not call this port)',
    )
  })

  it('contains the code of an unknown host', async () => {
    expect(await getDetail('https://as.invalid/introspect')).toMatch(
      /^https:\/\/as\.invalid\/introspect: no response \((?:ENOTFOUND|EAI_AGAIN)\)$/,
    )
  })

  it('contains the code of TLS', async () => {
    const certificate = serverCertificate({ subject: { address: [127, 0, 0, 1] } })
    const server = closing(await listen(createServer(certificate) as unknown as Server))
    const endpoint = `https://127.0.0.1:${server.port}/introspect`
    expect(await getDetail(endpoint)).toBe(`${endpoint}: no response (DEPTH_ZERO_SELF_SIGNED_CERT)`)
  })

  it.each<[string, unknown]>([
    ['a message', new Error(`cannot send ${TOKEN}`)],
    [
      'a code with a part of the token',
      Object.assign(new Error(''), { code: TOKEN.toUpperCase() }),
    ],
    ['a known message inside others', new Error('x', { cause: new Error(`bad port ${TOKEN}`) })],
    ['no error', TOKEN],
  ])('contains nothing of what a custom fetch throws: %s', async (_case, thrown) => {
    const endpoint = 'https://as.example.com/introspect'
    const { judge, failed } = await setup(ACTIVE, {
      introspection: { endpoint },
      options: { fetch: () => Promise.reject(thrown) },
    })
    await judge(TOKEN)
    expect(failed()[0]!.detail).toBe(`${endpoint}: no response`)
  })
})
