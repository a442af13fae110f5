import { runCorpus } from '../attacks/run-corpus.ts'
import { describeContract } from '../contract/run-contract.ts'
import { describeCors } from '../contract/run-cross-origin.ts'
import { describeMetadata } from '../contract/run-resource-metadata.ts'
import { onBun } from '../remote/on-bun.ts'

describeContract(onBun)
runCorpus(onBun)
describeCors(onBun)
describeMetadata(onBun)
