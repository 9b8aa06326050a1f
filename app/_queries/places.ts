/**
 * Where a name stands on the map: cities that hold servers, by their name or by the code of their airport or port.
 *
 * Not standardized; codes are those of IATA and UN/LOCODE, positions are degrees to a tenth, from common knowledge.
 * A node that is named after its place (`hkg1`, `edge-frankfurt`) needs no setting to be on the map; any other is not
 * drawn there, and the graph has it.
 *
 * @module
 */
import type { MeshPosition } from './view-models.ts';

type City = readonly [place: string, latitude: number, longitude: number, codes?: string];

const CITIES: readonly City[] = [
  ['Accra', 5.6, -0.2, 'acc'],
  ['Adelaide', -34.9, 138.6, 'adl'],
  ['Almaty', 43.2, 76.9, 'ala'],
  ['Amsterdam', 52.4, 4.9, 'ams'],
  ['Ashburn', 39, -77.5, 'iad'],
  ['Athens', 38, 23.7, 'ath'],
  ['Atlanta', 33.7, -84.4, 'atl'],
  ['Auckland', -36.8, 174.8, 'akl'],
  ['Bangkok', 13.8, 100.5, 'bkk'],
  ['Barcelona', 41.4, 2.2, 'bcn'],
  ['Beijing', 39.9, 116.4, 'pek bjs'],
  ['Belgrade', 44.8, 20.5, 'beg'],
  ['Berlin', 52.5, 13.4, 'ber txl'],
  ['Bogota', 4.7, -74.1, 'bog'],
  ['Boston', 42.4, -71.1, 'bos'],
  ['Brisbane', -27.5, 153, 'bne'],
  ['Brussels', 50.8, 4.4, 'bru'],
  ['Bucharest', 44.4, 26.1, 'otp'],
  ['Budapest', 47.5, 19, 'bud'],
  ['Buenos Aires', -34.6, -58.4, 'eze bue'],
  ['Cairo', 30, 31.2, 'cai'],
  ['Cape Town', -33.9, 18.4, 'cpt'],
  ['Chengdu', 30.7, 104.1, 'ctu'],
  ['Chennai', 13.1, 80.3, 'maa'],
  ['Chicago', 41.9, -87.6, 'ord chi'],
  ['Copenhagen', 55.7, 12.6, 'cph'],
  ['Dallas', 32.8, -96.8, 'dfw dal'],
  ['Delhi', 28.6, 77.2, 'del'],
  ['Denver', 39.7, -105, 'den'],
  ['Dubai', 25.2, 55.3, 'dxb'],
  ['Dublin', 53.3, -6.3, 'dub'],
  ['Dusseldorf', 51.2, 6.8, 'dus'],
  ['Falkenstein', 50.5, 12.4, 'fsn'],
  ['Frankfurt', 50.1, 8.7, 'fra'],
  ['Fremont', 37.5, -122, 'fmt'],
  ['Geneva', 46.2, 6.1, 'gva'],
  ['Gravelines', 51, 2.1, 'gra'],
  ['Guangzhou', 23.1, 113.3, 'can'],
  ['Hamburg', 53.6, 10, 'ham'],
  ['Hanoi', 21, 105.8, 'han'],
  ['Helsinki', 60.2, 24.9, 'hel'],
  ['Hillsboro', 45.5, -123],
  ['Hong Kong', 22.3, 114.2, 'hkg hk'],
  ['Honolulu', 21.3, -157.9, 'hnl'],
  ['Istanbul', 41, 29, 'ist'],
  ['Jakarta', -6.2, 106.8, 'cgk jkt'],
  ['Johannesburg', -26.2, 28, 'jnb'],
  ['Kansas City', 39.1, -94.6, 'mci'],
  ['Kuala Lumpur', 3.1, 101.7, 'kul'],
  ['Kyiv', 50.5, 30.5, 'kbp iev'],
  ['Lagos', 6.5, 3.4, 'los'],
  ['Las Vegas', 36.2, -115.1],
  ['Lima', -12, -77, 'lim'],
  ['Lisbon', 38.7, -9.1, 'lis'],
  ['London', 51.5, -0.1, 'lhr lon'],
  ['Los Angeles', 34.1, -118.2, 'lax'],
  ['Luxembourg', 49.6, 6.1, 'lux'],
  ['Madrid', 40.4, -3.7, 'mad'],
  ['Manila', 14.6, 121, 'mnl'],
  ['Marseille', 43.3, 5.4, 'mrs'],
  ['Melbourne', -37.8, 145, 'mel'],
  ['Mexico City', 19.4, -99.1, 'mex'],
  ['Miami', 25.8, -80.2, 'mia'],
  ['Milan', 45.5, 9.2, 'mxp mil'],
  ['Montreal', 45.5, -73.6, 'yul'],
  ['Moscow', 55.8, 37.6, 'svo mow msk'],
  ['Mumbai', 19.1, 72.9, 'bom'],
  ['Munich', 48.1, 11.6, 'muc'],
  ['Nairobi', -1.3, 36.8, 'nbo'],
  ['New York', 40.7, -74, 'nyc jfk ewr'],
  ['Nuremberg', 49.5, 11.1, 'nue'],
  ['Osaka', 34.7, 135.5, 'kix osa'],
  ['Oslo', 59.9, 10.8, 'osl'],
  ['Paris', 48.9, 2.3, 'cdg par'],
  ['Perth', -31.9, 115.9, 'per'],
  ['Phoenix', 33.4, -112.1, 'phx'],
  ['Portland', 45.5, -122.7, 'pdx'],
  ['Prague', 50.1, 14.4, 'prg'],
  ['Reykjavik', 64.1, -21.9, 'kef rkv'],
  ['Riga', 56.9, 24.1, 'rix'],
  ['Rome', 41.9, 12.5, 'fco'],
  ['Roubaix', 50.7, 3.2, 'rbx'],
  ['Salt Lake City', 40.8, -111.9, 'slc'],
  ['San Francisco', 37.8, -122.4, 'sfo'],
  ['San Jose', 37.3, -121.9, 'sjc'],
  ['Santiago', -33.4, -70.7, 'scl'],
  ['Sao Paulo', -23.5, -46.6, 'gru sao'],
  ['Seattle', 47.6, -122.3, 'sea'],
  ['Seoul', 37.6, 127, 'icn sel'],
  ['Shanghai', 31.2, 121.5, 'pvg sha'],
  ['Shenzhen', 22.5, 114.1, 'szx'],
  ['Singapore', 1.3, 103.8, 'sin sgp'],
  ['Sofia', 42.7, 23.3, 'sof'],
  ['Stockholm', 59.3, 18.1, 'arn sto'],
  ['Strasbourg', 48.6, 7.8, 'sbg sxb'],
  ['Sydney', -33.9, 151.2, 'syd'],
  ['Taipei', 25, 121.5, 'tpe'],
  ['Tallinn', 59.4, 24.8, 'tll'],
  ['Tel Aviv', 32.1, 34.8, 'tlv'],
  ['Tokyo', 35.7, 139.7, 'tyo nrt hnd'],
  ['Toronto', 43.7, -79.4, 'yyz tor'],
  ['Vancouver', 49.3, -123.1, 'yvr'],
  ['Vienna', 48.2, 16.4, 'vie'],
  ['Vilnius', 54.7, 25.3, 'vno'],
  ['Warsaw', 52.2, 21, 'waw'],
  ['Washington', 38.9, -77, 'dca'],
  ['Zurich', 47.4, 8.5, 'zrh'],
];

const lettersOf = (text: string): string =>
  text
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '');

const POSITIONS: ReadonlyMap<string, MeshPosition> = new Map(
  CITIES.flatMap(([place, latitude, longitude, codes = '']) =>
    [lettersOf(place), ...codes.split(' ')]
      .filter((name) => name !== '')
      .map((name) => [name, { place, latitude, longitude }] as const),
  ),
);

/** Returns where a node of this name stands: its words together, or the first of them that is a place. */
export function positionOf(name: string): MeshPosition | null {
  const words = name.split(/[^\p{L}\p{M}]+/u).map(lettersOf);
  for (const word of [words.join(''), ...words]) {
    const position = POSITIONS.get(word);
    if (position !== undefined) return position;
  }
  return null;
}
