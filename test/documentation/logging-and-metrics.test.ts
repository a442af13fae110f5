import { Writable } from 'node:stream'
import { channel } from 'node:diagnostics_channel'
import { metrics } from '@opentelemetry/api'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { createBearward } from '@bearward/express'
import express, { type Express, type RequestHandler } from 'express'
import { expect, vi } from 'vitest'
import { createTestIssuer } from '../support/issuer.ts'
import {
  API,
  appInstead,
  describeDocument,
  issuerAddress,
  machineToken,
  type Scenario,
  serve,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

/** Lines that the loggers of the snippets have written, as objects. */
const lines: Record<string, unknown>[] = []
const writeLine = (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>)

/** Targets to which the loggers of the snippets write. */
Object.assign(globalThis, {
  pinoLines: { write: writeLine },
  winstonLines: new Writable({
    write(chunk: Buffer, _encoding, done) {
      writeLine(chunk.toString())
      done()
    },
  }),
})

/** Starts a server with one guarded route. Returns a function that sends it a request. */
const guard = (requireToken: unknown) =>
  serve(
    express()
      .use((requireToken as () => RequestHandler)())
      .get('/', (_request, response) => void response.send('in')),
  )

class OnDemandReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

const LOGGING: Readonly<Record<string, Scenario>> = {
  async pino(code) {
    lines.length = 0
    const adapted = adapt(code, { ...issuerAddress(), 'pino()': 'pino({}, globalThis.pinoLines)' })
    const call = await guard((await runSnippet('logging-pino', adapted))['requireToken'])
    expect((await call('GET', '/')).status).toBe(401)
    expect(lines).toEqual([
      expect.objectContaining({
        level: 30,
        msg: expect.stringContaining('[bearward] refused 401 no_credentials: ') as unknown,
      }),
    ])
  },

  async 'Request ids with pino-http'(code) {
    lines.length = 0
    const adapted = adapt(code, {
      ...issuerAddress(),
      ...appInstead,
      "'req.headers.cookie'] })": "'req.headers.cookie'] }, globalThis.pinoLines)",
    })
    const call = await serve((await runSnippet('logging-pino-http', adapted))['app'] as Express)
    const token = await machineToken('admin')
    expect((await call('GET', '/reports', token)).status).toBe(403)
    const [refused, access] = lines
    expect(refused).toMatchObject({
      msg: 'insufficient_scope',
      event: { type: 'refused', clientId: 'reports-cron' },
    })
    expect(access).toMatchObject({ res: { statusCode: 403 } })
    const idOf = (line: object | undefined) => (line as { req: { id: unknown } }).req.id
    expect((refused as { event: { requestId: unknown } }).event.requestId).toBe(
      String(idOf(access)),
    )
    expect(idOf(refused)).toBe(idOf(access))
    expect(JSON.stringify(lines)).not.toContain(token)
    expect(JSON.stringify(lines)).toContain('"authorization":"[Redacted]"')

    const texts: string[] = []
    const write = (text: string) => texts.push(text)
    const { requireToken } = createBearward({
      issuer: 'https://auth.example.com',
      audience: API,
      logger: { info: write, warn: write },
    })
    const withIds = express().use((request, _response, next) => {
      Object.assign(request, { id: 'id-7' })
      next()
    }, requireToken())
    await (
      await serve(withIds)
    )('GET', '/')
    expect(texts).toEqual([expect.stringContaining('request="id-7"')])

    lines.length = 0
    const open = adapt(adapted, {
      "redact: ['req.headers.authorization', 'req.headers.cookie']": '',
    })
    const unsafe = await serve((await runSnippet('logging-unsafe', open))['app'] as Express)
    await unsafe('GET', '/reports', token)
    expect(JSON.stringify(lines)).toContain(token)
  },

  async winston(code) {
    lines.length = 0
    const adapted = adapt(code, {
      ...issuerAddress(),
      'winston.transports.Console()':
        'winston.transports.Stream({ stream: globalThis.winstonLines })',
    })
    const call = await guard((await runSnippet('logging-winston', adapted))['requireToken'])
    expect((await call('GET', '/')).status).toBe(401)
    expect(lines).toEqual([
      {
        level: 'info',
        message: expect.stringContaining('[bearward] refused 401 no_credentials: ') as unknown,
      },
    ])
  },

  async 'Own log with onEvent'(code) {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const { requireToken } = await runSnippet('logging-on-event', adapt(code, issuerAddress()))
    const call = await guard(requireToken)
    expect((await call('GET', '/', await machineToken('admin'))).status).toBe(200)
    // The first request also publishes events about the keys.
    warned.mockClear()
    expect((await call('GET', '/path')).status).toBe(401)
    const [[path, event]] = warned.mock.calls as [[string, string]]
    expect(path).toBe('/path')
    expect(JSON.parse(event)).toMatchObject({ type: 'refused', reason: 'no_credentials' })
  },

  async Prometheus(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const adapted = adapt(code, issuerAddress())
    const module = await runSnippet('logging-prometheus', adapted)
    const print = module['metrics'] as () => Promise<string>
    const issuer = issuerAddress()["'https://auth.example.com'"]!.slice(1, -1)
    expect(await print()).toContain(`bearward_keys_available{issuer="${issuer}"} 0`)
    const call = await guard(module['requireToken'])
    expect((await call('GET', '/', await machineToken('admin'))).status).toBe(200)
    expect((await call('GET', '/')).status).toBe(401)
    const text = await print()
    expect(text).toContain(
      `bearward_verified_total{issuer="${issuer}",subject_kind="machine",keys="fresh"} 1`,
    )
    expect(text).toContain('bearward_refused_total{status="401",reason="no_credentials"} 1')
    expect(text).toContain(`bearward_keys_available{issuer="${issuer}"} 1`)
  },

  async OpenTelemetry(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const reader = new OnDemandReader()
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
    const module = await runSnippet('logging-opentelemetry', adapt(code, issuerAddress()))
    const call = await guard(module['requireToken'])
    await call('GET', '/', await machineToken('admin'))
    await call('GET', '/')
    const { resourceMetrics } = await reader.collect()
    const collected = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    const points = Object.fromEntries(
      collected.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ attributes }) => attributes),
      ]),
    )
    expect(points).toEqual({
      'bearward.refused': [{ status: 401, reason: 'no_credentials' }],
      'bearward.wait': [{}],
    })

    const unreachable = adapt(code, { "'https://auth.example.com'": "'http://127.0.0.1:1'" })
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const failing = await runSnippet('logging-opentelemetry-failing', unreachable)
    const { token } = createTestIssuer({ issuer: 'http://127.0.0.1:1', audience: API })
    expect((await (await guard(failing['requireToken']))('GET', '/', token())).status).toBe(503)
    const later = (await reader.collect()).resourceMetrics.scopeMetrics
    const calls = later
      .flatMap((scope) => scope.metrics)
      .filter(({ descriptor }) => descriptor.name === 'bearward.failed_calls')
    expect(calls.flatMap(({ dataPoints }) => dataPoints.map((point) => point.attributes))).toEqual([
      { event: 'keys_failed', failure: 'unreachable' },
    ])
    metrics.disable()
  },

  async 'Diagnostics channel'(code) {
    const { reasons } = await runSnippet('logging-channel.mts', code)
    const { jwks } = createTestIssuer()
    const options = { issuer: 'https://auth.example.com', audience: API, jwks }
    const call = await guard(createBearward({ ...options, logger: false }).requireToken)
    await call('GET', '/')
    expect(reasons).toEqual(new Map([['no_credentials', 1]]))
    expect(channel('bearward').hasSubscribers).toBe(true)
  },
}

describeDocument('docs/logging-and-metrics.md', LOGGING)
