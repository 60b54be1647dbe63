const example = `query Ranking {
  rank(disease: "familial hypercholesterolemia", first: 10) {
    diseaseName
    release
    items {
      rank
      symbol
      overall
      causality { probability lower upper state direct indirect }
      reversibility { probability }
      druggability { probability byModality { smallMolecule { intrinsic pipeline } } }
      direction { call probability }
    }
  }
}
`;
const fetcher = GraphiQL.createFetcher({ url: "graphql" });
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, { fetcher, defaultQuery: example, shouldPersistHeaders: false }),
);
