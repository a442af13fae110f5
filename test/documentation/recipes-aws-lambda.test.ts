import { expect, vi } from 'vitest'
import { createTestIssuer } from '../support/issuer.ts'
import { listen } from '../support/servers.ts'
import {
  API,
  describeDocument,
  issuerAddress,
  machineToken,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

/** Result of a function behind API Gateway. */
interface Result {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
type Handler = (event: object) => Promise<Result>

/** Returns an event of an HTTP API in the payload format 2.0. */
const toEvent = (headers: Record<string, string>) => ({
  version: '2.0',
  routeKey: 'GET /reports',
  rawPath: '/reports',
  rawQueryString: 'year=2026',
  headers: { accept: '*/*', host: 'a1b2c3.execute-api.eu-central-1.amazonaws.com', ...headers },
  queryStringParameters: { year: '2026' },
  requestContext: {
    accountId: '123456789012',
    apiId: 'a1b2c3',
    domainName: 'a1b2c3.execute-api.eu-central-1.amazonaws.com',
    http: {
      method: 'GET',
      path: '/reports',
      protocol: 'HTTP/1.1',
      sourceIp: '192.0.2.1',
      userAgent: 'curl/8.5.0',
    },
    requestId: 'JKJaXmPLvHcESHA=',
    routeKey: 'GET /reports',
    stage: '$default',
    time: '12/Mar/2026:19:03:58 +0000',
    timeEpoch: 1773342238000,
  },
  isBase64Encoded: false,
})

describeDocument('docs/recipes/aws-lambda.md', {
  async 'AWS Lambda'(code) {
    const logged = vi.spyOn(console, 'info').mockImplementation(() => {})
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const adapted = adapt(code, issuerAddress())
    const handler = (await runSnippet('recipes-lambda', adapted))['handler'] as Handler
    const call = (authorization?: string) =>
      handler(toEvent(authorization === undefined ? {} : { authorization }))

    expect(await call(`Bearer ${await machineToken('read:reports')}`)).toEqual({
      statusCode: 200,
      headers: { 'Content-Type': 'application/json' },
      body: '{"reportsFor":"reports-cron"}',
    })
    const refused = await call()
    expect(refused).toEqual({
      statusCode: 401,
      headers: {
        'Cache-Control': 'no-store',
        'Content-Type': 'application/json',
        'WWW-Authenticate': 'Bearer realm="api", scope="read:reports"',
      },
      body: expect.stringContaining('unauthorized') as unknown,
    })
    expect(logged.mock.calls.at(-1)?.[0]).toMatch(
      /refused 401 no_credentials.*route="GET \/reports"/,
    )
    expect((await call(`Bearer ${await machineToken('admin')}`)).statusCode).toBe(403)
    // The payload format 2.0 joins two header lines with a comma.
    expect((await call('Bearer a.b.c,Bearer a.b.c')).statusCode).toBe(400)
    expect(warned).not.toHaveBeenCalled()

    const rest = adapt(adapted, {
      'event.requestContext.http.method': 'event.httpMethod',
      'event.rawPath': 'event.path',
      'event.headers': 'event.multiValueHeaders',
      "event.routeKey.split(' ')[1]": 'event.resource',
    })
    const restHandler = (await runSnippet('recipes-lambda-rest', rest))['handler'] as Handler
    const restCall = (lines: string[]) =>
      restHandler({
        httpMethod: 'GET',
        path: '/reports',
        resource: '/reports',
        multiValueHeaders: { Authorization: lines },
        requestContext: { requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef' },
      })
    const line = `Bearer ${await machineToken('read:reports')}`
    expect((await restCall([line])).statusCode).toBe(200)
    expect((await restCall([line, line])).statusCode).toBe(400)

    const { url, close } = await listen(() => {})
    await close()
    const down = adapt(code, { "'https://auth.example.com'": `'${url}'` })
    const withoutKeys = (await runSnippet('recipes-lambda-down', down))['handler'] as Handler
    expect(warned).toHaveBeenCalled()
    const token = createTestIssuer({ issuer: url, audience: API }).token()
    const unavailable = await withoutKeys(toEvent({ authorization: `Bearer ${token}` }))
    expect(unavailable.statusCode).toBe(503)
    expect(unavailable.headers['Retry-After']).toMatch(/^\d+$/)
  },
})
