import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type Handler, listen, type RunningServer } from '../../support/servers.ts'
import { generateLoad, type Load } from '../src/http/load.ts'

const running: RunningServer[] = []
afterEach(() => Promise.all(running.splice(0).map((server) => server.close())))

async function loadOn(handler: Handler, load: Partial<Load> = {}) {
  const server = await listen(handler)
  running.push(server)
  const requests = ['/a', '/b', '/c', '/d'].map((path) =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
  )
  const usual = { first: 0, count: 4, skip: 0, seconds: 0.2, connections: 3, status: 200 }
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
    expect(answered).toBeGreaterThan(0)
  })

  it('sends its share of the requests one after the other', async () => {
    const seen: string[] = []
    await loadOn(
      (request, response) => {
        seen.push(request.url!)
        response.setHeader('Content-Length', 0).end()
      },
      { first: 1, count: 3, skip: 1, connections: 1 },
    )
    expect(seen.slice(0, 4)).toEqual(['/c', '/d', '/b', '/c'].slice(0, seen.length))
    expect(seen).not.toContain('/a')
  })

  it('ends with the first answer that has another status', async () => {
    const handler: Handler = (_request, response) => {
      response.writeHead(500, { 'Content-Length': 0 }).end()
    }
    await expect(loadOn(handler, { seconds: 60 })).rejects.toThrow('expected 200')
  })

  it('ends where the server closes a connection', async () => {
    const handler: Handler = (request) => request.socket.destroy()
    await expect(loadOn(handler, { seconds: 60 })).rejects.toThrow()
  })
})
