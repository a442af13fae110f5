import { runCorpus } from '../attacks/run-corpus.ts'
import { describeContract } from '../contract/run-contract.ts'
import { describeCors } from '../contract/run-cross-origin.ts'
import { describeMetadata } from '../contract/run-resource-metadata.ts'
import { onDeno } from '../remote/on-deno.ts'

describeContract(onDeno)
runCorpus(onDeno)
describeCors(onDeno)
describeMetadata(onDeno)
