/**
 * Requests to a supernode: which interface they are for.
 *
 * Not standardized; paths of etherguard-go v0.3.5 under `API_Prefix`. Methods are not looked at, as in the original.
 *
 * Invariant: a query string holds passwords and tokens, and is never in a line of the log.
 *
 * @module
 */
import type { Instant } from '../../../../base/units.ts';
import type { News } from '../news.ts';
import type { ApiRequest, ApiResponse } from '../supernode-contract.ts';
import { textAnswer } from './answers.ts';
import { EdgeApi } from './edge-api.ts';
import { ManageApi, type ManageParts } from './manage-api.ts';

export type ApiParts = ManageParts & { readonly news: News };

export class Api {
  private readonly parts: ApiParts;
  private readonly edge: EdgeApi;
  private readonly manage: ManageApi;

  constructor(parts: ApiParts) {
    this.parts = parts;
    this.edge = new EdgeApi(parts.core, parts.news, parts.measurements);
    this.manage = new ManageApi(parts);
  }

  handle(request: ApiRequest, now: Instant): ApiResponse {
    const { serves, path } = request;
    const prefix = this.parts.core.config.API_Prefix;
    const rest = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : '';
    const answer =
      serves.edge && rest.startsWith('/edge/')
        ? this.edge.handle(rest.slice('/edge/'.length), request, now)
        : serves.manage && rest.startsWith('/manage/')
          ? this.manage.handle(rest.slice('/manage/'.length), request, now)
          : undefined;
    return answer ?? textAnswer(404, '404 page not found\n');
  }
}
