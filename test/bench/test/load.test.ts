import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type Handler, listen, type RunningServer } from '../../support/servers.ts'
import { loadFor, ROUNDS } from '../src/http/http.ts'
import { generateLoad, type Load } from '../src/http/load.ts'

const running: RunningServer[] = []
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())))

async function loadOn(handler: Handler, load: Partial<Load> = {}) {
  const server = await listen(handler)
  running.push(server)
  const requests = ['/a', '/b', '/c', '/d'].map((path) =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
  )
  const usual = { first: 0, count: 4, requests: 100, seconds: 60, connections: 3, status: 200 }
  return generateLoad({ ...usual, port: server.port, ...load }, requests)
}

describe('the load', () => {
  it('counts the answers, also those that come in pieces', async () => {
    let answered = 0
    const borne = await loadOn(async (_request, response) => {
      response.setHeader('Content-Length', 4)
      response.write('ab')
      await turn()
      response.end('cd', () => answered++)
    })
    expect(borne.requests).toBe(answered)
    expect(borne.latencies).toHaveLength(answered)
    expect(answered).toBe(100)
  })

  it('sends its share of the requests one after the other', async () => {
    const seen: string[] = []
    await loadOn(
      (request, response) => {
        seen.push(request.url!)
        response.setHeader('Content-Length', 0).end()
      },
      { first: 1, count: 3, requests: 5, connections: 1 },
    )
    expect(seen).toEqual(['/b', '/c', '/d', '/b', '/c'])
  })

  it('ends when the time is up', async () => {
    const handler: Handler = (_request, response) => {
      response.setHeader('Content-Length', 0).end()
    }
    const requests = Number.MAX_SAFE_INTEGER
    const borne = await loadOn(handler, { requests, seconds: 0.05 })
    expect(borne.elapsed).toBeGreaterThanOrEqual(50)
    expect(borne.requests).toBeGreaterThan(0)
  })

  it('ends with the first answer that has another status', async () => {
    const handler: Handler = (_request, response) => {
      response.writeHead(500, { 'Content-Length': 0 }).end()
    }
    await expect(loadOn(handler)).rejects.toThrow('expected 200')
  })

  it('ends where the server closes a connection', async () => {
    const handler: Handler = (request) => request.socket.destroy()
    await expect(loadOn(handler)).rejects.toThrow()
  })

  it('of tokens that come once has no token in two rounds', () => {
    let end = 0
    for (let round = 0; round <= ROUNDS; round++) {
      const { first, count, requests } = loadFor('jose', 'every token once', round)
      expect(first).toBe(end)
      expect(requests).toBeLessThanOrEqual(count)
      end = first + count
    }
    // Behind the good tokens lie the bad ones.
    expect(loadFor('jose', 'bad signatures', 1).first).toBe(end)
  })
})
