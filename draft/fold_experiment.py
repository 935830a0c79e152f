import sys,time,os
os.environ['OMP_NUM_THREADS']='1'
sys.path.insert(0,'/work/main/src')
import numpy as np, glob
from pathlib import Path
from datetime import date
from weather_mlops.model import backtest as bt, training as tr, features as ft, preparation as pp
from weather_mlops.model.grid import to_grid
from weather_mlops.model.plan import Plan
from weather_mlops.model.targets import target_named
tab=bt.observations([Path(p) for p in sorted(glob.glob('/work/shared/kma/observed/*.gz'))],'air_temperature')
T=target_named('air_temperature'); g=to_grid(tab,ft.inputs(T))
def fold(frm,to):
    a,b=bt._midnight(frm),bt._midnight(to)
    return Plan('air_temperature','x',tuple(g.stations.tolist()),24,g.moment(0),b,a,None,1),g.place(a),g.place(b)
FOLDS=[fold(date(2019,1,1),date(2019,7,1)),fold(date(2019,7,1),date(2020,1,1))]
CFG=eval(sys.argv[1]); LEADS=eval(sys.argv[2]); folds=eval(sys.argv[3])
for name,c in CFG.items():
    for k,v in c.items():
        if k=='P': tr.PARAMETERS={**tr.PARAMETERS,**v,'nthread':1}
        else: setattr(tr,k,v)
    for fi in folds:
        plan,a,b=FOLDS[fi]
        usual=pp.climatology(g,plan); o=pp.training_origins(g,plan)
        base=ft.features(g,o,T,usual); q=np.arange(a,b-24); bq=ft.features(g,q,T,usual)
        for h in LEADS:
            t0=time.time()
            s=tr.sampled(g,T.column,o,base.beside(ft.lead_features(g,o,T,usual,h)),h)
            m=tr.train_lead(s,h,1); t1=time.time()-t0
            z=tr.sampled(g,T.column,q,bq.beside(ft.lead_features(g,q,T,usual,h)),h)
            line=m.line.predict(z.values); each=[x.inplace_predict(z.values) for x in m.members]
            trees=np.mean(each,0); ans=m.answer(z.values,line); e=z.change-ans
            r=lambda v: f'{np.sqrt(np.mean((z.change-v)**2)):.4f}'
            print(name,fi,h,'blend',r(ans),'trees',r(trees),'one',r(each[0]),'line',r(line),'w %.2f'%m.line_weight,'rounds',[x.num_boosted_rounds() for x in m.members],'cov %.3f width %.2f'%(np.mean((e>=m.low)&(e<=m.high)),m.high-m.low),'%.0fs'%t1,flush=True)
