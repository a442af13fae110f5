import type { Server } from 'node:http'
import { createServer } from 'node:https'
import { describe, expect, it } from 'vitest'
import { serverCertificate } from '../../../../../test/support/certificate.ts'
import {
  type ReceivedRequest,
  introspectionServer,
  raw,
  type Script,
} from '../../../../../test/support/introspection-server.ts'
import { generateKey } from '../../../../../test/support/keys.ts'
import { listen } from '../../../../../test/support/servers.ts'
import { signCompact } from '../../../../../test/support/tokens.ts'
import { ACTIVE, closing, setup, SECRET } from './setup.ts'

const TOKEN = 'dGhlLW9wYXF1ZS10b2tlbg'

/** Returns a script that responds with this status, these members and these headers. */
const errorResponse =
  (status: number, members: object, headers: object = {}): Script =>
  ({ response }: ReceivedRequest) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
    response.end(JSON.stringify(members))
  }

/** Sends a token. Returns `failure` and `detail` of the event `introspection_failed`, without the address. */
async function getFailure(script: Script, token = TOKEN): Promise<readonly [string, string]> {
  const { endpoint, getOutcome, failed, events } = await setup(script)
  expect(await getOutcome(token)).toBe('503 introspection_unavailable')
  expect(JSON.stringify(events)).not.toContain(token)
  const { failure, detail } = failed()[0]!
  const prefix = `${endpoint.url}/introspect: `
  expect(detail.startsWith(prefix)).toBe(true)
  return [failure, detail.slice(prefix.length)]
}

describe('the detail of introspection_failed', () => {
  it.each<[string, Script, string, string]>([
    [
      'the error code and the description of a status 401',
      errorResponse(401, {
        error: 'invalid_client',
        error_description: 'The credentials expired.',
      }),
      'credentials_refused',
      'status 401, invalid_client, The credentials expired.',
    ],
    [
      'the error code of a status 403',
      errorResponse(403, { error: 'access_denied' }),
      'credentials_refused',
      'status 403, access_denied',
    ],
    [
      'the error code of a status 400, without its description, which may contain claims of the token',
      errorResponse(400, {
        error: 'invalid_request',
        error_description: 'user-ada is not signed in',
      }),
      'token_refused',
      'status 400, invalid_request',
    ],
    [
      'the error code and the description of a status 400 about the client',
      errorResponse(400, { error: 'unauthorized_client', error_description: 'may not introspect' }),
      'credentials_refused',
      'status 400, unauthorized_client, may not introspect',
    ],
    [
      'the status alone for a status 503',
      errorResponse(503, { error: 'temporarily_unavailable' }),
      'status',
      'status 503',
    ],
    [
      'the text "an error code that is not registered" for an unknown error code',
      errorResponse(403, { error: 'ALL_YOUR_BASE' }),
      'credentials_refused',
      'status 403, an error code that is not registered',
    ],
    [
      'the status alone for an HTML page',
      ({ response }) => void response.writeHead(502, { 'Content-Type': 'text/html' }).end('<p>'),
      'status',
      'status 502',
    ],
    [
      'the received and the expected content type',
      raw('<html>', 'Text/HTML; charset=utf-8'),
      'content_type',
      'content type text/html, application/json expected',
    ],
    [
      'the text "no content type" if the header is missing',
      ({ response }) => void response.writeHead(200).end('{}'),
      'content_type',
      'no content type, application/json expected',
    ],
    [
      'the text "an unreadable content type" for a malformed content type',
      raw('', 'a'.repeat(100)),
      'content_type',
      'an unreadable content type, application/json expected',
    ],
  ])('the detail of introspection_failed contains %s', async (_case, script, failure, detail) => {
    expect(await getFailure(script)).toEqual([failure, detail])
  })

  it('the detail of introspection_failed names the content type of signed responses if a signed response is required', async () => {
    const { getOutcome, failed, endpoint } = await setup(ACTIVE, {
      introspection: { response: 'jwt' },
    })
    await getOutcome(TOKEN)
    expect(failed()[0]!.detail).toBe(
      `${endpoint.url}/introspect: content type application/json, application/token-introspection+jwt expected`,
    )
  })

  it.each([400, 401, 403])(
    'the detail of introspection_failed for a status %i contains no part of the token, the secret or the Basic credentials',
    async (status) => {
      const basic = btoa(`the-api:${SECRET}`)
      for (const secret of [TOKEN, SECRET, basic, TOKEN.slice(4, 10), basic.slice(7, 13)]) {
        for (const form of [secret, btoa(secret), Buffer.from(secret).toString('hex')]) {
          const script = errorResponse(status, {
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
  ])(
    'the detail of introspection_failed for an untrusted signed response does not contain a typ that equals %s',
    async (_case, typ) => {
      const { privateKey } = generateKey('ES256')
      const response = signCompact({ alg: 'ES256', typ }, {}, 'ES256', privateKey)
      const { endpoint, getOutcome, failed } = await setup(
        raw(response, 'application/token-introspection+jwt'),
        { introspection: { response: 'jwt' } },
      )
      await getOutcome(TOKEN)
      expect(failed()[0]).toMatchObject({
        failure: 'untrusted_answer',
        detail: `${endpoint.url}/introspect: the signed response repeats a part of the request, so its values are not shown`,
      })
    },
  )

  it('the detail of introspection_failed does not contain a content type that contains the token', async () => {
    const [, detail] = await getFailure(raw('', `text/${TOKEN}`))
    expect(detail).toBe('an unreadable content type, application/json expected')
  })

  it('the detail of introspection_failed contains no query value of the endpoint, even if the error description contains it', async () => {
    const server = closing(
      await introspectionServer(
        errorResponse(403, { error: 'access_denied', error_description: 'no key ALPHA-KEY-1' }),
      ),
    )
    const endpoint = `${server.url}/introspect?apikey=alpha-key-1`
    const { getOutcome, failed } = await setup(403, { server, introspection: { endpoint } })
    await getOutcome(TOKEN)
    expect(failed()[0]!.detail).toBe(`${server.url}/introspect: status 403, access_denied`)
  })
})

describe('the detail of an introspection endpoint that is unreachable', () => {
  const getDetail = async (endpoint: string) => {
    const { getOutcome, failed } = await setup(ACTIVE, { introspection: { endpoint } })
    await getOutcome(TOKEN)
    return failed()[0]!.detail
  }

  it('the detail of introspection_failed says that fetch does not call port 6000', async () => {
    expect(await getDetail('http://127.0.0.1:6000/introspect')).toBe(
      'http://127.0.0.1:6000/introspect: no response (bad port: fetch does not call this port)',
    )
  })

  it('the detail of introspection_failed contains the error code of an unknown host', async () => {
    expect(await getDetail('https://as.invalid/introspect')).toMatch(
      /^https:\/\/as\.invalid\/introspect: no response \((?:ENOTFOUND|EAI_AGAIN)\)$/,
    )
  })

  it('the detail of introspection_failed contains the error code of a TLS failure', async () => {
    const certificate = serverCertificate({ subject: { address: [127, 0, 0, 1] } })
    const server = closing(await listen(createServer(certificate) as unknown as Server))
    const endpoint = `https://127.0.0.1:${server.port}/introspect`
    expect(await getDetail(endpoint)).toBe(`${endpoint}: no response (DEPTH_ZERO_SELF_SIGNED_CERT)`)
  })

  it.each<[string, unknown]>([
    ['an error with a message', new Error(`cannot send ${TOKEN}`)],
    [
      'an error with a code that contains the token',
      Object.assign(new Error(''), { code: TOKEN.toUpperCase() }),
    ],
    [
      'an error whose cause begins with a known message',
      new Error('x', { cause: new Error(`bad port ${TOKEN}`) }),
    ],
    ['a string', TOKEN],
  ])(
    'the detail of introspection_failed contains no text of the error if a custom fetch throws %s',
    async (_case, thrown) => {
      const endpoint = 'https://as.example.com/introspect'
      const { getOutcome, failed } = await setup(ACTIVE, {
        introspection: { endpoint },
        options: { fetch: () => Promise.reject(thrown) },
      })
      await getOutcome(TOKEN)
      expect(failed()[0]!.detail).toBe(`${endpoint}: no response`)
    },
  )
})
