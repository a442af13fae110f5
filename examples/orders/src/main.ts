import { isDeepStrictEqual } from 'node:util'
import { setStage } from './stage.ts'
import { STORY } from './story.ts'

const stage = await setStage()
let right = 0
try {
  for (const [index, { heading, expected, play }] of STORY.entries()) {
    const found = await play(stage)
    const isAsTold = isDeepStrictEqual(found, expected)
    const line = `${index + 1}. ${heading}: ${JSON.stringify(found)}`
    console.log(isAsTold ? line : `${line}. NOT AS TOLD: it should be ${JSON.stringify(expected)}`)
    if (isAsTold) right++
  }
} finally {
  await stage.close()
}
console.log(
  `${right} of ${STORY.length} scenes as told above. The programs are src/orders.ts (a service), src/restock.ts (a job) and src/stock.ts (a tool).`,
)
process.exitCode = right === STORY.length ? 0 : 1
