import { getRequestListener } from '@hono/node-server'
import { DOT_SEGMENTS_REMOVED } from '../dot-segments.ts'
import { type Framework, JOINED_LINES, serve } from '../framework.ts'
import { createFetchHandler } from './handler.ts'

/** A web-standard handler on Node. */
export const onFetch: Framework = {
  name: 'fetch on Node',
  changes: { joinedLines: JOINED_LINES, outcomes: [DOT_SEGMENTS_REMOVED] },
  start(mount) {
    const { handler, bearward } = createFetchHandler(mount)
    return serve(
      getRequestListener((request) => handler(request)),
      mount.maxHeaderSize,
      bearward,
    )
  },
}
