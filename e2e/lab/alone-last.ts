/**
 * The order of the suite: what runs alone (alone.ts) comes last, so that nobody waits for it meanwhile.
 *
 * @module
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { isAlone } from './alone.ts';

export class AloneLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => +isAlone(a.moduleId) - +isAlone(b.moduleId));
  }
}
