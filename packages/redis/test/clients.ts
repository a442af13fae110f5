import { GlideClient, GlideClusterClient, Logger } from '@valkey/valkey-glide'
import * as ioredis6 from 'ioredis'
import * as ioredis5 from 'ioredis5'
import * as iovalkey from 'iovalkey'
import * as redis6 from 'redis'
import * as redis5 from 'redis5'
import { fromGlide, fromIoredis, fromNodeRedis, type SendCommand } from '@bearward/redis'
import { closing } from '../../../test/support/closing.ts'

// GLIDE writes each failed command to the standard output.
Logger.setLoggerConfig('off')

/** Connects a client to a server on this port. Returns the function that sends commands. The client is closed after the test. */
export type Connect = (port: number) => Promise<SendCommand>

const ignoreError = () => {}

function withNodeRedis(library: typeof redis6 | typeof redis5): Connect {
  return async (port) => {
    const client = (library as typeof redis6).createClient({
      url: `redis://127.0.0.1:${port}`,
      maintNotifications: 'disabled',
    })
    client.on('error', ignoreError)
    closing({ close: () => client.destroy() })
    await client.connect()
    return fromNodeRedis(client)
  }
}

function withIoredis(library: typeof ioredis6 | typeof ioredis5 | typeof iovalkey): Connect {
  return async (port) => {
    const client = new (library as typeof ioredis6).Redis({
      host: '127.0.0.1',
      port,
      retryStrategy: () => 10,
    })
    client.on('error', ignoreError)
    closing({ close: () => client.disconnect() })
    return fromIoredis(client)
  }
}

/** The clients for one server. */
export const CLIENTS: Readonly<Record<string, Connect>> = {
  'node-redis 6': withNodeRedis(redis6),
  'node-redis 5': withNodeRedis(redis5),
  async 'a pool of node-redis 6'(port) {
    const pool = redis6.createClientPool({ url: `redis://127.0.0.1:${port}` })
    pool.on('error', ignoreError)
    closing({ close: () => pool.destroy() })
    await pool.connect()
    return fromNodeRedis(pool)
  },
  'ioredis 6': withIoredis(ioredis6),
  'ioredis 5': withIoredis(ioredis5),
  iovalkey: withIoredis(iovalkey),
  async GLIDE(port) {
    const addresses = [{ host: '127.0.0.1', port }]
    const client = await GlideClient.createClient({ addresses, requestTimeout: 5000 })
    closing({ close: () => client.close() })
    return fromGlide(client)
  },
}

/** The clients for a cluster. The port is the port of one of its servers. */
export const CLUSTER_CLIENTS: Readonly<Record<string, Connect>> = {
  'node-redis 6': connectNodeRedisCluster(redis6),
  'node-redis 5': connectNodeRedisCluster(redis5),
  'ioredis 6': connectIoredisCluster(ioredis6),
  'ioredis 5': connectIoredisCluster(ioredis5),
  iovalkey: connectIoredisCluster(iovalkey),
  async GLIDE(port) {
    const addresses = [{ host: '127.0.0.1', port }]
    const client = await GlideClusterClient.createClient({ addresses, requestTimeout: 5000 })
    closing({ close: () => client.close() })
    return fromGlide(client)
  },
}

function connectNodeRedisCluster(library: typeof redis6 | typeof redis5): Connect {
  return async (port) => {
    const rootNodes = [{ url: `redis://127.0.0.1:${port}` }]
    const cluster = (library as typeof redis6).createCluster({ rootNodes })
    cluster.on('error', ignoreError)
    closing({ close: () => cluster.destroy() })
    await cluster.connect()
    return fromNodeRedis(cluster)
  }
}

function connectIoredisCluster(
  library: typeof ioredis6 | typeof ioredis5 | typeof iovalkey,
): Connect {
  return async (port) => {
    const cluster = new (library as typeof ioredis6).Cluster([{ host: '127.0.0.1', port }])
    cluster.on('error', ignoreError)
    closing({ close: () => cluster.disconnect() })
    return fromIoredis(cluster)
  }
}
